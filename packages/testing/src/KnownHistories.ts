/**
 * Histories written down: some have once broken a promise, others take ways to recover that chance seldom takes.
 *
 * A whole suite runs them beside those that it draws.
 */
import * as History from "./History.ts"

export interface Known {
  /** A fact, as the name of a test. */
  readonly fact: string
  readonly history: History.History
}

const known = (fact: string, seed: number, line: string): Known => {
  const history = History.parse(seed, line)
  if (typeof history === "string") throw new TypeError(history)
  return { fact, history }
}

/** Events of birds that are posted at two hosts from 1 s on, with a tenth of a second in between; and erased later, all but the first four. */
const manyErased = (eraseMillis: number): string => {
  const reports = Array.from({ length: 60 }, (_, number) => number).filter((number) => number % 4 !== 3)
  const posts = reports.map((number, at) => `${1_000 + 100 * at} post p${(at % 2) + 1} ${number}`)
  return [...posts, ...reports.slice(4).map((number) => `${eraseMillis} erase ${number}`)].join("; ")
}

const zones = (...verbs: ReadonlyArray<string>): string =>
  verbs.flatMap((verb) => ["z1", "z2", "z3"].map((zone) => `${verb} ${zone}`)).join("; ")

export const all: ReadonlyArray<Known> = [
  known(
    "calls nothing durable that only one zone holds",
    1,
    "pops 1,1 zones 3 seconds 30; 500 cut z1 z2; 500 cut z1 z3; 500 cut p1 z2; 500 cut p1 z3; 2000 post p1 1; " +
      "4000 receipt p1 1; 15000 heal z1 z2; 15000 heal p1 z2"
  ),
  known(
    "answers for receipts while a zone is silent",
    9,
    "pops 1,1,1,1 zones 3 seconds 30; 1000 post p1 1; 2000 power z1; 3000 receipt p1 1; 4000 receipt p2 1"
  ),
  known(
    "counts on after all zones have restarted since a cancel",
    1212,
    "pops 1,1,1,1 zones 3 seconds 30; 1000 post p3 16; 5000 cancel p3 16; 8000 kill z1; 8000 kill z2; " +
      "8000 kill z3; 9000 start z1; 9000 start z2; 9000 start z3"
  ),
  known(
    "takes out of digests what was erased as every zone that had counted it died",
    1,
    "pops 1,1 zones 3 seconds 60; 1000 post p1 1; 1200 post p2 2; 1300 post p2 4; 1400 post p1 5; 1500 post p1 6; " +
      "9000 erase 1; 9000 erase 2; 9010 kill z1; 9010 kill z2; 9010 kill z3; 12000 start z1; 12000 start z2; 12000 start z3"
  ),
  known(
    "takes out of digests what was erased while zones were dead that have then lost all they held",
    1,
    "pops 1,1 zones 3 seconds 60; 1000 post p1 1; 1200 post p2 2; 1300 post p2 4; 1400 post p1 5; 1500 post p1 6; " +
      "9000 kill z1; 9000 kill z2; 9000 kill z3; 9500 erase 2; 10000 wipe z1; 10000 wipe z2; 10000 wipe z3; " +
      "12000 start z1; 12000 start z2; 12000 start z3"
  ),
  known(
    "takes out of a digest what was erased before a zone knew it while another event came",
    1,
    "pops 1,1 zones 3 seconds 60; 1000 post p1 1; 1200 post p2 2; 9000 kill z1; 9000 kill z2; 9000 kill z3; " +
      "9500 erase 2; 9600 post p1 6; 10000 wipe z1; 10000 wipe z2; 10000 wipe z3; 12000 start z1; 12000 start z2; 12000 start z3"
  ),
  known(
    "counts what is left where more was erased than can be found out as every zone that had counted it died",
    1,
    `pops 1,1 zones 3 seconds 100; ${manyErased(9_000)}; ${zones("9010 kill", "12000 start")}`
  ),
  known(
    "counts what is left where more was erased than can be found out, and all zones have lost what they held",
    2,
    `pops 1,1 zones 3 seconds 100; ${manyErased(9_000)}; ${zones("9000 kill", "12000 wipe", "12000 start")}; 15000 post p1 200; 98000 post p2 201`
  ),
  known(
    "may show what a cancel removes while that is on its way to the disk",
    107_471,
    "pops 1,1,1,1 zones 3 seconds 30; 1416 forge p3 18; 2141 post p3 13; 2216 post p1 13; 2748 post p4 11; 3344 post p3 1; " +
      "4428 cancel p2 8; 4589 post p3 16; 4827 wipe p3; 9637 digest p3 1 0; 12633 post p2 2; 13736 cancel p1 13; " +
      "15445 post p2 4; 17039 post p4 0; 17077 post p1 5; 17287 erase 2; 17844 receipt p3 4; 17895 cut-way p3 z3; " +
      "19139 wipe p4; 19503 cancel p4 5; 19509 post p4 0; 19667 query p3 18 0"
  ),
  known(
    "asks before it sends again after a feed has begun anew",
    375,
    "pops 1,1,1,1 zones 3 seconds 30; 11153 post p3 9; 11613 narrow z2 z1"
  ),
  known(
    "brings a host what its feeds have passed before they were widened",
    12970,
    "pops 2,2 zones 3 seconds 30; 8292 narrow z3 p2-h2; 19364 post p1-h2 8; 19503 narrow p2-h1 p2-h2"
  ),
  known(
    "holds what it wrote in the moment in which it was killed, and vouches for it",
    12929,
    "pops 2,1,1 zones 3 seconds 30; 1115 post p3 8; 7683 post p2 11; 7791 kill z1; 15985 start z1; 21513 receipt p1-h1 11"
  ),
  known(
    "lets go by its own clock of what arrived just before it was killed",
    21320,
    "pops 1,1,1,1 zones 3 seconds 150; 97462 keep-age z3 23059; 148491 post p4 78; 149524 kill z3"
  ),
  known(
    "gives up a connection to a peer that stands still, and connects again",
    1,
    "pops 1,1 zones 3 seconds 100; 1000 post p1 1; 2000 pause z1; 3000 post p1 2; 80000 resume z1; 90000 post p2 4"
  ),
  known(
    "lets a client wait in vain at a host that stands still, and serves the next",
    1,
    "pops 1,1 zones 3 seconds 30; 1000 pause p1; 2000 post p1 1; 20000 resume p1; 22000 post p1 1"
  ),
  known(
    "reads receipts on a new connection once the old one has broken",
    1,
    "pops 1,1 zones 3 seconds 30; 1000 post p1 1; 3000 receipt p1 1; 5000 kill z1; 9000 start z1; 15000 receipt p1 1"
  ),
  known(
    "emits a digest again that a sick disk has refused",
    1,
    "pops 1,1 zones 3 seconds 30; 1000 post p1 1; 1150 sick z1 2; 1150 sick z2 2; 1150 sick z3 2; " +
      "9000 well z1; 9000 well z2; 9000 well z3"
  ),
  known(
    "offers again what no peer had answered for when its host died, long after feeds had stored how far they were",
    1,
    "pops 1,1 zones 3 seconds 30; 1000 post p2 1; 4900 cut p1 z1; 4900 cut p1 z2; 4900 cut p1 z3; 5000 post p1 2; " +
      "9000 kill p1; 9500 heal p1 z1; 9500 heal p1 z2; 9500 heal p1 z3; 10000 start p1"
  ),
  known(
    "serves nobody what has rotted, and fetches it again",
    1,
    "pops 1,1 zones 3 seconds 60; 1000 post p1 1; 2000 post p1 2; 5000 rot p1 1200; 9000 kill p1; 10000 start p1"
  ),
  known(
    "gets back what a damaged log has lost",
    1,
    "pops 1,1 zones 3 seconds 60; 1000 post p1 1; 2000 post p1 2; 5000 rot p1 700; 9000 kill p1; 10000 start p1"
  ),
  known(
    "gets back what a damaged log has lost once it reaches a zone again",
    1,
    "pops 1,1 zones 3 seconds 60; 1000 post p1 1; 2000 post p1 2; 5000 rot p1 700; 8000 cut p1 z1; 8000 cut p1 z2; " +
      "8000 cut p1 z3; 9000 kill p1; 10000 start p1"
  ),
  known(
    "has all peers asked for a damaged record that does not tell what it was",
    25,
    "pops 2,1,1 zones 3 seconds 30; 1831 post p1-h2 12; 2288 kill p3; 2290 start p3; 2554 post p1-h2 9; " +
      "7749 cancel p1-h2 9; 8777 forge p3 9; 11150 rot p3 100"
  ),
  known(
    "tells followers what is in memory where the disk is damaged",
    52,
    "pops 1,1,1,1 zones 3 seconds 30; 8526 power p4; 18225 start p4; 19286 cancel p1 4; 24128 rot p4 248207"
  ),
  known(
    "feeds a wiped zone from the beginning of a damaged log",
    1,
    "pops 1,1 zones 3 seconds 60; 1000 post p1 1; 2000 post p1 2; 5000 rot p1 700; 9000 kill p1; 10000 start p1; " +
      "20000 wipe z1"
  ),
  known(
    "gets back the end of a log that it took for torn",
    1,
    "pops 1,1 zones 3 seconds 40; 1000 post p1 1; 9000 rot p1 2400; 12000 kill p1; 13000 start p1"
  ),
  known(
    "lets go of no more crossposts than are too many, and of none twice",
    1,
    "pops 1,1 zones 3 seconds 60; 500 keep-count p1 1; 1000 post p1 1; 2000 post p1 2; 4000 post p2 4; 5000 post p1 5; " +
      "6000 post p2 6; 7000 post p2 8; 12000 post p2 9; 13000 post p1 10; 20000 post p1 11; 40000 power p1; " +
      "41000 start p1; 45000 post p1 1; 46000 read p1 2; 50000 wipe z2"
  ),
  known(
    "takes an event out of its digests whose removal is known to POP hosts alone, as all zones were wiped",
    60461,
    "pops 2,1,1 zones 3 seconds 30; 19666 post p1-h1 10; 22824 kill z2; 22824 kill z3; 25986 cancel p1-h2 10; " +
      "27016 wipe z1; 27016 wipe z2; 27016 wipe z3"
  ),
  known(
    "counts what groups hold when an index is made anew after expiry in the middle of a compaction",
    140,
    "pops 1,1,1,1 zones 3 seconds 150; 38995 post p4 66; 43189 post p2 24; 82704 keep-count p4 3; 85753 post p1 56; " +
      "85938 post p4 13; 88113 post p1 96; 90280 post p2 33; 90737 kill p4; 119608 start p4; 130736 power p4"
  ),
  known(
    "has let go of what its rotted log tells no more",
    102480,
    "pops 1,1,1,1 zones 3 seconds 150; 73283 cancel p4 88; 73482 post p1 30; 76349 post p3 89; 76830 keep-age p4 37031; " +
      "77155 post p3 11; 88334 post p1 51; 89545 post p2 26; 138033 rot p4 408084; 139102 power p4"
  ),
  known(
    "lets go of what rotted before its time came, when no other site has it any more",
    1,
    "pops 1,1 zones 3 seconds 660 days 20; 1000 post p1 1; 2000 post p2 2; 100000 rot z3 900; 555000 kill z3"
  ),
  known(
    "lets go of what its index knows, its rotted log tells no more, and nobody reads",
    18,
    "pops 1,1 zones 3 seconds 660 days 20; 8890 post p1 1; 10586 post p1 0; 37437 post p2 3; 45427 post p2 2; 92008 post p2 6; " +
      "114164 post p2 5; 118928 post p1 4; 128538 erase 5; 262909 rot z3 32644; 373952 rot z3 963849; 501952 power z3; " +
      "538245 rot z3 847482; 576255 rot z3 144447"
  ),
  known(
    "is taken at its word of what was cancelled before its log rotted, until it starts again",
    3016,
    "pops 1,1 zones 3 seconds 660 days 20; 13412 post p1 3; 22666 post p2 4; 30419 post p2 5; 35665 rot p1 713693; 67109 cancel p2 4; " +
      "86097 post p1 0; 103217 post p2 1; 108708 cancel p2 0; 114229 post p2 2; 117709 cancel p1 1; 519114 kill p1; 539391 start p1; " +
      "551776 kill p2; 551849 start p2; 562713 rot p1 583043; 575829 rot p1 795428; 620017 rot p1 827681"
  ),
  known(
    "seals no day over what came too late, though its partial has rotted where a zone starts",
    5370,
    "pops 1,1 zones 3 seconds 660 days 20; 8 post p2 10; 1781 post p2 9; 12567 post p1 2; 15136 read p1 4000; 19912 erase 0; " +
      "21755 post p2 3; 23855 sick p2 1; 23855 post p2 223855; 28006 cancel p2 6; 37568 erase 7; 38533 post p1 1; 40369 cancel p1 2; " +
      "47779 post p2 11; 50896 post p1 8; 201640 forge p2 2; 208056 post p2 1000; 236623 post p1 1009; 238401 rot z2 333010; " +
      "320000 post p1 4000; 620000 kill z2"
  ),
  known(
    "fetches what has rotted from a POP host, where the other zones keep little",
    5024,
    "pops 1,1 zones 3 seconds 150; 1579 post p2 1; 2901 post p1 4; 5607 rot z2 502550; 6736 post p2 5; 7344 post p1 3; " +
      "9292 rot z2 691417; 10831 post p1 2; 12657 post p2 6; 14352 post p1 0; 19010 rot z2 985891; 21005 keep-age z1 17108; " +
      "23542 keep-bytes z3 3636; 30280 rot z2 231946; 49262 kill z2"
  ),
  known(
    "tells of a record whose checksum of events has rotted behind one that cannot be read",
    502027,
    "pops 1,1,1,1 zones 3 seconds 30; 235 post p2 7; 558 post p1 2; 694 post p3 5; 4038 post p3 14; 5997 slow z1 p4 1299; " +
      "6798 erase 7; 7754 forge p3 19; 7865 cancel p4 18; 8597 post p3 1; 10155 rot p4 278633; 10455 rot p4 795110; 19164 power p4"
  ),
  known(
    "lets go in time of what comes while nothing else is due",
    1,
    "pops 1,1 zones 3 seconds 60; 8000 keep-age z1 10000; 12000 post p2 9"
  ),
  known(
    "lets the oldest go for their octets, and moves what is left of their files",
    1,
    "pops 1,1 zones 3 seconds 150; 500 keep-bytes p1 15000; 1000 post p1 1; 2000 post p1 2; 4000 post p2 4; 5000 post p1 5; " +
      "6000 post p2 6; 7000 post p2 8; 12000 post p2 9; 13000 post p1 10; 20000 post p1 12; 21000 post p1 13; " +
      "22000 post p2 14; 23000 post p1 16; 24000 cancel p2 14; 70000 post p1 17; 71000 post p2 18; 80000 kill p1; 81000 start p1; " +
      "100000 power p1; 101000 start p1; 130000 wipe p1"
  ),
  known(
    "counts on at a zone that has let go of inputs and started again",
    1,
    "pops 1,1 zones 3 seconds 60; 100 keep-age z1 3000; 1000 post p1 1; 2000 post p1 2; 3000 post p2 4; 10000 kill z1; " +
      "11000 start z1; 12000 post p1 5; 15000 cancel p1 1; 20000 power z1; 21000 start z1; 22000 post p2 6; 30000 wipe z1; " +
      "40000 post p2 8"
  ),
  known(
    "keeps the low water mark of a group that is empty as an index is made anew after a power cut",
    140,
    "pops 1,1,1,1 zones 3 seconds 150; 42448 post p1 92; 54306 post p2 46; 79391 post p3 41; 82704 keep-age p4 45693; " +
      "88113 post p1 96; 90280 post p2 33; 90737 kill p4; 119608 start p4; 130736 power p4"
  ),
  known(
    "counts nothing that comes after its day was sealed",
    4,
    "pops 1,1 zones 3 seconds 300 days 20; 1000 post p1 1; 2000 read p1 2; 250000 post p1 2"
  ),
  known(
    "goes on from sealed days in zones that have all started again since their inputs expired",
    4,
    "pops 1,1 zones 3 seconds 620 days 20; 1000 post p1 1; 2000 post p2 2; 600000 kill z1; 600000 kill z2; " +
      "600000 kill z3; 602000 start z1; 602000 start z2; 602000 start z3; 606000 post p1 4"
  ),
  known(
    "takes a cancelled event out of a sealed day though the zones that knew it have started again",
    4,
    "pops 1,1 zones 3 seconds 300 days 20; 1000 post p1 1; 1500 post p1 2; 250000 kill z1; 250000 kill z2; " +
      "251000 cancel p1 2; 256000 kill z3; 258000 start z1; 258000 start z2; 259000 start z3"
  ),
  known(
    "leaves of a sealed day what was not erased where that was more than can be found out as every zone that had counted it died",
    1,
    `pops 1,1 zones 3 seconds 330 days 20; ${manyErased(255_000)}; ${zones("255010 kill", "258000 start")}`
  ),
  known(
    "takes out of a sealed day what was erased as every zone that had counted it died",
    1,
    "pops 1,1 zones 3 seconds 300 days 20; 1000 post p1 1; 1500 post p1 2; 1700 post p1 6; 255000 erase 2; " +
      "255010 kill z1; 255010 kill z2; 255010 kill z3; 258000 start z1; 258000 start z2; 259000 start z3"
  )
]
