/**
 * Runs a POP host from its configuration file.
 */
import * as Launch from "@lupin/site/Launch"
import * as SiteConfig from "@lupin/site/SiteConfig"
import * as Pop from "./Pop.ts"

export const run = (file: string) => Launch.launch(file, SiteConfig.pop, Pop.layer)
