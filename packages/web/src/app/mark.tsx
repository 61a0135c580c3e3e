/** The sign of the house. */
export function Mark({ size = 28 }: { readonly size?: number }) {
  return (
    <svg className="mark" width={size} height={size} viewBox="0 0 64 64" aria-hidden="true">
      <rect width="64" height="64" rx="14" />
      <path d="M32 13 48 22v18L32 49 16 40V22zM16 22l16 9 16-9M32 31v18" />
    </svg>
  );
}
