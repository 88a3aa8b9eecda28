import { Effect } from "effect"
import * as History from "../packages/testing/src/History.ts"
import * as Workload from "../packages/testing/src/Workload.ts"
import * as Simulation from "../packages/testing/src/Simulation.ts"
import * as Shrinking from "../packages/testing/src/Shrinking.ts"
const seed = Number(process.argv[2])
const h = Workload.draw(seed, History.small)
const first = (await Effect.runPromise(Simulation.run(h))).violations[0]!
const commands = await Effect.runPromise(Shrinking.shrink(h.commands, (commands) => Effect.map(Simulation.run({ ...h, commands }), (o) => o.violations.some((v) => v.promise === first.promise)), 200))
const o = await Effect.runPromise(Simulation.run({ ...h, commands }))
console.log(o.trace.split("\n").slice(-Number(process.argv[3] ?? 60)).join("\n"))
console.log(o.violations, History.replay({ ...h, commands }))
