/**
 * A control message that was signed with PGP as netnews does it, and the keyring with the key.
 */
import * as Article from "@lupin/core/Article"
import { Buffer } from "node:buffer"

/** As `gpg --export` wrote it. The private key is gone. */
export const keyring = Buffer.from(
  [
    "mQENBGsBDlcBCAC8TU2PwaxVe8XykoBU30CLy++XHLdmaWPm61OfY8jyAwtSkjQ6CFL7IvmCUoI1qIhIImYyPjRAWQ/WrHCh5NnE",
    "1EKl1RGTibkBuIpAyGRoFJFN0ZlPI69YPP7OsJLoEps51NxaJlTOkyWl16av18mjY5uEh7BKEsS43zwcJRFIqKo8hYKwOrjLXidd",
    "F9jVuu+nF2Lvs4qrTQsGIiYXq+oSYP6VSIYUBa8cq95Q+NfG1hHc4lQfvk2EHJwZCjtMbROT5VjdliMYkNSaUBPUi3yK5ac+CCdv",
    "2KzTSdq8xMlBQxT093iA3xw5GtSY0HVXKnwqiWSokg66mM+9haICtXhVABEBAAG0Mm5ld3MuYW5ub3VuY2UubmV3Z3JvdXBzIDxn",
    "cm91cC1hZG1pbkBoaWVyLmV4YW1wbGU+iQFOBBMBCgA4FiEEFIBIHirzq93/puZIlgH8ngtmvGEFAmsBDlcCGy8FCwkIBwIGFQoJ",
    "CAsCBBYCAwECHgECF4AACgkQlgH8ngtmvGE9IQf9Gac0NK97B4nSrth+0IkDi26hbg2afPjhpmPO2go92fsoJRsw0HDdGD32Eu7e",
    "rtoFvG8HQtZR7Vp/oNMNSrEIhALfC+9MIYJOZ9hn3hkFKxLCuaCfZ/8LXMA5RhuC5LT6rXlMi/NxXkCw1N+SwaacETQshuzuVyTs",
    "i9QuP2XpHSPPyDDF9AsR8dN2q3+4lUnd5KsnCzaQV7ID8TuEVPYRrTaDUrzfvANunCPdVLVSYnVEDPvEprOn5pG3nHDRLhcyS/wu",
    "KcvV7eoH4zbjUkxWLL8JRphP+JJPvzCynK/8pa2QUOjcladBdRdk+sSLjqpuM4N6dFOWnaNt8CYLDFzjhw=="
  ].join(""),
  "base64"
)

export const fingerprint = "1480481E2AF3ABDDFFA6E6489601FC9E0B66BC61"
export const userId = "news.announce.newgroups <group-admin@hier.example>"

const newgroup = `Path: hier.example!not-for-mail
From: group-admin@hier.example
Newsgroups: misc.lupin
Subject: cmsg newgroup misc.lupin moderated
Control: newgroup misc.lupin moderated
Approved: group-admin@hier.example
Message-ID: <newgroup.1@hier.example>
Date: Sat, 21 Nov 2026 03:00:00 +0000
X-PGP-Sig: GnuPG Subject,Control,Message-ID,Date,From,Sender
\tiQEzBAEBCgAdFiEEFIBIHirzq93/puZIlgH8ngtmvGEFAmsBDlgACgkQlgH8ngtm
\tvGFf7gf9F1zH00La1CAF6IIFlTXJakswPhQZzZqJKkJ4AtquD4rylsGxhrjGJ8x4
\tb7NgyEJGPPh7rnCjcJXjhjPv88cm7GE/1Wg42QABJaCtrq8YgmgePVJn9bfwa89t
\tCyTg39mNFsmL3GfgZKLbjmqH4PAKPOV6NeW2PBgNcQDbnRRFJewkdLwakVVL2Lz3
\tw1j9E2QJFkpV4w2FN94XAEORH8O7gPrucOrU5kCFIJRY+ejfIe8dIsQBWNiGg5WR
\tI02rfAg4BOS+UY1DLeOfXskVwfACSaW4iYUAOf8oTCas86C7zfEAJZ4LNYtYNUwQ
\toYtKCq0qDTg3NPracnKDtX8k8WL1eg==
\t=oMdx

misc.lupin is a moderated newsgroup.

For your newsgroups file:
misc.lupin\tAbout Lupin. (Moderated)
`

/** The message, which makes misc.lupin a moderated group, with something in it replaced. */
export const message = (from = "", to = ""): Article.Article => {
  const read = Article.read(Buffer.from(newgroup.replace(from, to).replaceAll("\n", "\r\n"), "latin1"))
  if (Article.isMalformed(read)) throw new Error(read.reason)
  return read
}
