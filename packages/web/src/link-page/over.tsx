interface OverProps {
  /** Why there is nothing to be had. */
  readonly texts: { readonly title: string; readonly text: string };
}

/** A link that opens nothing. */
export function Over({ texts }: OverProps) {
  return (
    <div className="shared-over" role="alert">
      <h1>{texts.title}</h1>
      <p>{texts.text}</p>
    </div>
  );
}
