/** "99.9 %": rounded down, so that what is below a limit never shows as the limit itself. */
export function formatShare(share: number): string {
  // To a tenth of a percent; what a float lacks of it is no reason to show less.
  return `${(Math.floor(share * 1000 + 1e-6) / 10).toLocaleString("en")} %`;
}
