/**
 * The folds an app team builds digestions from.
 */
export * from "@lupin/core/Fold"
