/**
 * Certificates made for a test by `openssl`: an authority, a server, a client, and a stranger's authority.
 */
import { execFileSync } from "node:child_process"
import * as FileSystem from "node:fs"
import * as os from "node:os"
import * as Path from "node:path"

export interface Pair {
  readonly certificate: string
  readonly key: string
}

export interface Authority extends Pair {
  /** A certificate for a DNS name and the loopback. */
  readonly sign: (name: string) => Pair
}

const isInstalled = (): boolean => {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

/** Why these tests cannot run; with CI=true that is a failure. */
export const missing: string | undefined = isInstalled()
  ? undefined
  : "openssl is not installed (Debian: apt-get install openssl)"
if (missing !== undefined && process.env["CI"] === "true") throw new Error(missing)

const openssl = (directory: string, ...args: ReadonlyArray<string>): void => {
  execFileSync("openssl", args, { cwd: directory, stdio: ["ignore", "ignore", "pipe"] })
}

const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

/** An authority of that name, good for a day. */
export const authority = (name: string): Authority => {
  const directory = FileSystem.mkdtempSync(Path.join(os.tmpdir(), "certificates-"))
  const read = (file: string): string => FileSystem.readFileSync(Path.join(directory, file), "utf8")
  openssl(
    directory,
    "req",
    "-x509",
    ...key,
    "-days",
    "1",
    "-subj",
    `/CN=${name}`,
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem"
  )
  const sign = (subject: string): Pair => {
    FileSystem.writeFileSync(Path.join(directory, "names"), `subjectAltName=DNS:${subject},IP:127.0.0.1\n`)
    openssl(directory, "req", "-new", ...key, "-subj", `/CN=${subject}`, "-keyout", "one.key", "-out", "one.csr")
    openssl(
      directory,
      "x509",
      "-req",
      "-in",
      "one.csr",
      "-CA",
      "ca.pem",
      "-CAkey",
      "ca.key",
      "-CAcreateserial",
      "-days",
      "1",
      "-extfile",
      "names",
      "-out",
      "one.pem"
    )
    return { certificate: read("one.pem"), key: read("one.key") }
  }
  return { certificate: read("ca.pem"), key: read("ca.key"), sign }
}
