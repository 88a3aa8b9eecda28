/**
 * What an app team defines an app with: kinds of events, their versions, and their digestions.
 */
export * from "@lupin/core/App"
