/**
 * Every limit of the model, each named with its unit and its bound.
 *
 * Times nest: what may be injected may be relayed, what may be relayed is still in history.
 */

const secondMillis = 1_000
const minuteMillis = 60 * secondMillis
const hourMillis = 60 * minuteMillis
/** The buckets in which inputs of digests are sealed, by their Injection-Date in UTC. */
export const dayMillis = 24 * hourMillis

/** An article as it stands on the wire before dot-stuffing, header and body. */
export const articleBytesMax = 1_000_000
/** The header of an article, up to and without the empty line. */
export const headerBytesMax = 65_536
/** An NNTP command line with its CRLF (RFC 3977 §3.1). */
export const commandLineBytesMax = 512
/** Groups of one article under our roots. */
export const crosspostMax = 8
/** Groups of one app that begin with an article, removed ones too; as many of other networks in all. */
export const appGroupsMax = 1_000_000
/** Site identities in one Path. */
export const pathSitesMax = 60
/** Subtrees that one query may cover. */
export const subtreesMax = 8
/** Rows of one answer. */
export const pageMax = 500
/** Offers in flight on one feed, at least. */
export const checkWindowMin = 50
/** Offers in flight on one feed, at most. */
export const checkWindowMax = 500
/** A Message-ID with its angle brackets (RFC 5536 §3.1.3). */
export const messageIdBytesMax = 250
/** The name of a group; one octet of length, as other servers keep it. */
export const groupNameBytesMax = 255
/** How long ago an article may have been made when it is injected. */
export const injectAgeMillisMax = 3 * dayMillis
/** How far ahead of our clock an injected article may be dated. */
export const injectAheadMillisMax = 5 * minuteMillis
/** How long ago an article may have been injected when a peer hands it on. */
export const relayAgeMillisMax = 10 * dayMillis
/** How far ahead of our clock a relayed article may be dated before it is deferred. */
export const relayAheadMillisMax = 24 * hourMillis
/** When the aggregates of a day are sealed, counted from the day's start. */
export const sealMillis = 11 * dayMillis
/** How long zones then have to agree on what the day has come to. */
export const sealAgreeMillis = hourMillis
/** How long history remembers an id, and inputs of digests are kept. */
export const historyMillis = 14 * dayMillis
/** Cancels and Supersedes of articles not known yet that a site remembers; beyond it the oldest is forgotten. */
export const waitingMax = 10_000
/** Those for one and the same article. */
export const waitingPerTargetMax = 8
/** The last article number of a group (RFC 3977 §6). */
export const articleNumberMax = 2_147_483_647
