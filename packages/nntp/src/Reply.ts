/**
 * The replies of a server: each code with what it says to a person (RFC 3977, RFC 4644).
 */

/** Codes below 400 say that all went well; the text behind a code is for people, unless an argument is named here. */
export const texts = {
  100: "Help follows",
  101: "Capability list follows",
  111: "yyyymmddhhmmss",
  200: "Posting allowed",
  201: "Posting not allowed",
  203: "Streaming permitted",
  205: "Bye",
  206: "Compression active",
  211: "count low high group",
  215: "List follows",
  220: "Article follows",
  221: "Header follows",
  222: "Body follows",
  223: "Article exists",
  224: "Overview follows",
  225: "Header fields follow",
  230: "List of new articles follows",
  231: "List of new groups follows",
  235: "Article transferred",
  238: "Send it",
  239: "Article transferred",
  240: "Article received",
  281: "Logged in",
  282: "Changes follow",
  283: "Logged in, or status",
  290: "Answers follow",
  335: "Send it",
  340: "Send article to be posted",
  381: "Password, please",
  382: "Continue with TLS negotiation",
  383: "Continue with SASL exchange",
  400: "Service not available",
  403: "Cannot answer now, try again later",
  411: "No such group",
  412: "No group selected",
  420: "Current article number is invalid",
  421: "No next article in this group",
  422: "No previous article in this group",
  423: "No article with that number",
  430: "No article with that Message-ID",
  431: "Try again later",
  435: "Article not wanted",
  436: "Transfer failed, try again later",
  437: "Transfer rejected, do not retry",
  438: "Article not wanted",
  439: "Transfer rejected, do not retry",
  440: "Posting not allowed",
  441: "Posting failed",
  480: "Log in first",
  481: "Login failed",
  482: "Login out of sequence",
  483: "Use TLS first",
  490: "History does not go back so far",
  491: "You are fed other groups",
  500: "What is this command",
  501: "Syntax error",
  502: "Not allowed",
  503: "Not supported",
  504: "Not base64",
  580: "Cannot start TLS"
} as const

export type Code = keyof typeof texts

/** Longest reply line with its CRLF, in octets (RFC 3977 §3.1). */
export const lineBytesMax = 512

const controls = /[\u0000-\u001f\u007f]/g

/** A reply without CRLF: the code, and `detail` or else the code's own text. Controls become spaces; too long a text is cut. */
export const line = (code: Code, detail?: string): string => (detail === undefined ? plain[code] : fit(code, detail))

const fit = (code: Code, detail: string): string => {
  const text = `${code} ${detail}`
  return text.length > lineBytesMax / 4 || /[^\u0020-\u007e]/.test(text) ? fitted(text) : text
}

/** Three octets are the most that one UTF-16 unit takes in UTF-8. */
const fitted = (text: string): string => {
  const clean = text.replace(controls, " ")
  const isAscii = /^[\u0020-\u007e]*$/.test(clean)
  return clean.slice(0, isAscii ? lineBytesMax - 2 : Math.floor((lineBytesMax - 2) / 3))
}

/** Replies whose text is that of their code. */
const plain: Readonly<Record<Code, string>> = Object.fromEntries(
  Object.entries(texts).map(([code, text]) => [code, `${code} ${text}`])
) as Record<Code, string>
