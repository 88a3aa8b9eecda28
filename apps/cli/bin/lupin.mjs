#!/usr/bin/env node
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

const cli = dirname(dirname(fileURLToPath(import.meta.url)))
process.argv.splice(2, 0, join(cli, "src", "main.ts"))
await import(pathToFileURL(join(cli, "..", "..", "scripts", "node.mjs")).href)
