// Shown URL: an address as it may be printed, without the user, password, token and query that may stand in it.

/**
 * The address without what is before its @ and behind its first ? or #, which then shows as `?...`. Made for whatever people
 * write: no scheme, several addresses after commas, passwords with characters that should have been escaped. Where an @ stands
 * behind a /, ? or #, nobody can tell password from path or query, and no more than the scheme is shown.
 */
export const shownUrl = (text: string | ReadonlyArray<string>): string =>
  (typeof text === "string" ? splitAddresses(text) : text).map(shownOne).join(",")

/** A text, such as the message of a library, with every address in it as `shownUrl` has it. */
export const withShownUrls = (text: string): string =>
  text.replace(inText, (address) => {
    // What a sentence puts behind an address is not part of it.
    const end = /[.,;:!?)\]}]*$/.exec(address)?.[0] ?? ""
    return `${shownOne(address.slice(0, address.length - end.length))}${end}`
  })

/** An address goes to the next space, or over spaces to an @ of the same line: a password may hold spaces too. */
const inText = /\b[a-z][a-z0-9+.-]*:\/\/(?:[^\s"'`<>]*@[^\s"'`<>]*|(?:(?!:\/\/)[^\n])*@[^\s"'`<>]*|[^\s"'`<>]*)/gi

/** Commas divide addresses only where another one begins, because a password may hold one. */
const splitAddresses = (text: string): ReadonlyArray<string> => text.split(/,(?=\s*[a-z][a-z0-9+.-]*:\/\/)/i)

const shownOne = (address: string): string => {
  const [scheme = ""] = /^\s*[a-z][a-z0-9+.-]*:\/\//i.exec(address) ?? []
  const rest = address.slice(scheme.length)
  const authority = rest.split(/[/?#]/, 1)[0] as string
  if (rest.lastIndexOf("@") >= authority.length) return `${scheme}...`
  const place = rest.slice(authority.lastIndexOf("@") + 1)
  const cut = place.search(/[?#]/)
  return `${scheme}${cut === -1 ? place : `${place.slice(0, cut)}?...`}`
}
