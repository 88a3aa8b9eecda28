/**
 * Makes the initialised cache database that the POP hosts of one machine copy.
 */
import * as PgliteTemplate from "@lupin/cache/PgliteTemplate"

/** Does nothing where there is one already. */
export const prepare = PgliteTemplate.make
