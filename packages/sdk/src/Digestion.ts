/**
 * What an app team has computed at the centre.
 */
export * from "@lupin/core/Digestion"
