import { countOf } from "../format/count-of.ts";

export const accountTexts = {
  title: "Account",
  name: "Name",
  email: "E-mail",
  role: "Role",
  roles: { user: "Member", operator: "Operator", admin: "Administrator" },
  since: "Member since",
  signOut: "Sign out",
  credits: {
    title: "Credits",
    lead: "What storing costs is paid in credits, by the day.",
    available: "Available",
    reserved: "Reserved for uploads under way",
    prepaid: "Paid in advance for files",
    debt: "Owed",
    lasts: "Lasts until, at this rate",
    buy: "Buy credits",
    /** @param perUsd credits for a dollar, where that is known */
    amount: (usd: number, perUsd?: number) =>
      perUsd === undefined ? `$${usd}` : `$${usd} for ${countOf(usd * perUsd, "credit")}`,
    bought: (credits: string) => `${credits} credits are in your account.`,
    pay: "Pay at the checkout",
    history: "What came and went",
    columns: { when: "When", what: "What", amount: "Credits" },
    none: "Nothing has moved yet.",
    charges: {
      title: "What storing cost, by day",
      chart: (days: number, last: string) =>
        `Credits charged on each of the last ${days} days; ${last} on the last that was charged`,
      day: (day: string, charged: string) => `${day}: ${charged} credits`,
      none: "No day was charged yet.",
      table: "The figures as a table",
      columns: { day: "Day", kept: "Stored", price: "Per GB and month", charged: "Credits" },
      kept: (gbDays: string) => `${gbDays} GB-days`,
    },
  },
  password: {
    change: "Change password",
    current: "Current password",
    next: "New password",
    again: "The new password again",
    differ: "The two are not the same.",
    save: "Change it",
    done: (others: number) =>
      others === 0
        ? "The password is changed."
        : `The password is changed, and ${countOf(others, "other login")} ${others === 1 ? "was" : "were"} ended.`,
  },
  sessions: {
    title: "Where you are signed in",
    here: "This browser",
    other: "Another device or program",
    began: "Signed in",
    used: "last used",
    end: "Sign out there",
    everywhere: "Sign out of all devices",
    hint: "Devices that are signed in stop within a quarter of an hour.",
  },
} as const;
