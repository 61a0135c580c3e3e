/** Says that the refresh token is in the browser's cookie, and is to stay there. */
export const BY_COOKIE = { "x-commonhold-session": "cookie" } as const;

/** Tabs take turns to spend it. */
export const SESSION_LOCK = "commonhold-session";
