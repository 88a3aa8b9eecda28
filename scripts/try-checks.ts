import { Effect } from "effect"
import * as History from "../packages/testing/src/History.ts"
import * as Workload from "../packages/testing/src/Workload.ts"
import * as Simulation from "../packages/testing/src/Simulation.ts"
import * as Sightings from "../packages/testing/src/Sightings.ts"
const [from, count] = process.argv.slice(2).map(Number)
const all = new Sightings.Sightings()
const t0 = process.cpuUsage()
for (let seed = from!; seed < from! + count!; seed++) {
  const h = Workload.draw(seed, History.small)
  const t = performance.now()
  const o = await Effect.runPromise(Simulation.run(h))
  all.addAll(o.sightings.counts)
  console.log(seed, o.violations.length, Math.round(performance.now() - t) + "ms", Math.round(o.simulatedMillis / 1000) + "s")
  for (const v of o.violations.slice(0, 6)) console.log("   ", v.promise, v.text.slice(0, 300))
}
console.log((process.cpuUsage(t0).user + process.cpuUsage(t0).system) / 1e6, "CPU s", [...all.counts], "missing", all.missing)
