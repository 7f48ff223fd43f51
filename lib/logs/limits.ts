/** Limits that pages need too; the schemas are in contracts/logs.ts. */

/** Containers in one view. */
export const maximumSources = 100
