interface MediaViewProps {
  readonly kind: "image" | "video" | "audio" | "pdf";
  readonly url: string;
  readonly name: string;
}

/** By an address, so that the browser asks for the parts that it needs. */
export function MediaView({ kind, url, name }: MediaViewProps) {
  switch (kind) {
    case "image":
      return <img src={url} alt={name} />;
    case "video":
      return <video src={url} controls preload="metadata" aria-label={name} />;
    case "audio":
      return <audio src={url} controls preload="metadata" aria-label={name} />;
    case "pdf":
      return <iframe src={url} title={name} />;
  }
}
