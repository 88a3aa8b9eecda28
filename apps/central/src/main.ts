/**
 * Runs a host of a central zone from its configuration file.
 */
import * as Launch from "@lupin/site/Launch"
import * as SiteConfig from "@lupin/site/SiteConfig"
import * as Central from "./Central.ts"

export const run = (file: string) => Launch.launch(file, SiteConfig.central, Central.layer)
