// When a server that ended by itself is started again. Pure: whoever asks says what time it is.

const FIRST = 1_000;
const LONGEST = 60_000;
const MOST = 6;
/** One that has never answered will hardly do so when it is started for the fourth time. */
export const MOST_UNHEARD = 2;
/** A server that ran this long has recovered: what happened before is forgotten. */
export const RECOVERED = 180_000;

/** The moments, in milliseconds, at which a server ended since it last ran well. */
export type Ends = readonly number[];

/** The ends to remember once it has ended at `now`, having run since `since`. */
export function ended(ends: Ends, since: number, now: number): Ends {
    return [...(now - since >= RECOVERED ? [] : ends), now];
}

/** How long to wait before the next start; nothing when it is not worth another. */
export function delay(ends: Ends, most = MOST): number | undefined {
    return ends.length > most ? undefined : Math.min(FIRST * 2 ** (ends.length - 1), LONGEST);
}
