/**
 * Checks the rules of the house that a machine can see: import arrows, file rules, the map, links, the lock file. Exits 1 on a finding.
 *
 * With `--write-map` it writes docs/map.md from the module headers instead.
 */
import { writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Arrows from "./tidy/Arrows.ts"
import * as Exceptions from "./tidy/Exceptions.ts"
import * as FileRules from "./tidy/FileRules.ts"
import * as Finding from "./tidy/Finding.ts"
import * as Links from "./tidy/Links.ts"
import * as LockFile from "./tidy/LockFile.ts"
import * as ModuleMap from "./tidy/ModuleMap.ts"
import * as Project from "./tidy/Project.ts"
import * as Reasons from "./tidy/Reasons.ts"
import * as Seams from "./tidy/Seams.ts"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const project = Project.load(root)

if (process.argv.includes("--write-map")) {
  writeFileSync(join(root, ModuleMap.path), ModuleMap.render(project))
  console.log(`${ModuleMap.path} is current`)
} else {
  const rules = [
    Arrows.check,
    FileRules.check,
    ModuleMap.check,
    Links.check,
    LockFile.check,
    Reasons.check,
    Seams.check
  ]
  const findings = Finding.sort(Exceptions.apply(rules.flatMap((rule) => rule(project))))
  for (const finding of findings) console.log(Finding.format(finding))
  const counts = `${project.sources.length} sources, ${project.packages.length} packages`
  console.log(findings.length === 0 ? `tidy: ${counts}, nothing found` : `tidy: ${counts}, ${findings.length} findings`)
  process.exitCode = findings.length === 0 ? 0 : 1
}
