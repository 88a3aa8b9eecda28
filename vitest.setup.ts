/**
 * How properties draw, in every suite: a length that a test names is drawn up to it. fast-check's own choice is at most
 * ten elements, whatever `maxLength` says.
 *
 * What names no length stays small, and so does what names its own `size`.
 */
import * as fc from "fast-check"

fc.configureGlobal({ ...fc.readConfigureGlobal(), defaultSizeToMaxWhenMaxSpecified: true })
