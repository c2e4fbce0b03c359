// RequestForm: requests whose shape two readers may take for two things, which the parser in front lets through.
import type { IncomingMessage } from "node:http"

/**
 * Why a request is not taken, in words for its sender; undefined when its shape is right (RFC 9112). Lengths that contradict
 * each other, folded headers, bare line ends and the like never come so far: node's parser refuses them.
 */
export const formProblem = ({ headers, httpVersion, rawHeaders, url = "" }: IncomingMessage): string | undefined => {
  if (httpVersion !== "1.1" && httpVersion !== "1.0") return `HTTP/${httpVersion} is not spoken here, use HTTP/1.1`
  if (!url.startsWith("/") || url.startsWith("//") || url.includes("#")) {
    return 'request target must be a path that begins with one "/", without host and fragment'
  }
  const coding = headers["transfer-encoding"]
  if (coding !== undefined && (httpVersion === "1.0" || coding.toLowerCase() !== "chunked")) {
    return "transfer encoding is not taken, use chunked over HTTP/1.1, and Content-Encoding for what is compressed"
  }
  return timesGiven(rawHeaders, "host") > 1 ? "header Host is given more than once" : undefined
}

const timesGiven = (rawHeaders: ReadonlyArray<string>, name: string): number => {
  let times = 0
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]?.toLowerCase() === name) times++
  return times
}
