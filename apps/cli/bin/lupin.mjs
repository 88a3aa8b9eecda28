#!/usr/bin/env node
/**
 * Runs the `lupin` command from its sources, on a Node that can, and with the options of V8 and malloc that
 * keep a site's memory small.
 */
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

const cli = dirname(dirname(fileURLToPath(import.meta.url)))
const options = JSON.parse(readFileSync(join(cli, "bin", "node-options.json"), "utf8"))
process.env = { ...options.environment, ...process.env }
process.argv.splice(2, 0, ...options.arguments, join(cli, "src", "main.ts"))
await import(pathToFileURL(join(cli, "..", "..", "scripts", "node.mjs")).href)
