#!/usr/bin/env node
/**
 * Runs the `lupin` command from its sources, on a Node that can.
 */
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

const cli = dirname(dirname(fileURLToPath(import.meta.url)))
process.argv.splice(2, 0, join(cli, "src", "main.ts"))
await import(pathToFileURL(join(cli, "..", "..", "scripts", "node.mjs")).href)
