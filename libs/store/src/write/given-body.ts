// Given body: how a client on the store front's own machine hands over a body in a file instead of through a socket.

/** Request header, lower case as headers are read: `ask` to be told the folder, or the name of a file that was put there as the body. */
export const givenHeader = "x-tailrace-body"
export const askForFolder = "ask"
/** Response header of an insert that asked: the folder. */
export const folderHeader = "x-tailrace-bodies"

export const givenName = /^given-[0-9a-f-]{36}$/

/** Name of a front's folder: with its process id. */
export const frontFolder = /^tailrace-front-(\d+)-\w+$/
