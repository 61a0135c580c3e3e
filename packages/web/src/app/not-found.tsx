import { Link } from "@tanstack/react-router";
import { appTexts } from "../texts/app-texts.ts";

export function NotFound() {
  return (
    <div className="room">
      <h1>{appTexts.notFound.title}</h1>
      <Link to="/files" className="link">
        {appTexts.notFound.back}
      </Link>
    </div>
  );
}
