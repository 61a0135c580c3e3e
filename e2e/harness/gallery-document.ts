import { type GalleryPage, pictureName, themesKept, WIDTHS } from "./gallery-page.ts";

const HEAD = `# The web app in pictures

Written by \`npm run screenshots\`; change what it visits (\`e2e/harness/gallery-pages.ts\`), not this file. It starts a
coordinator and six storage nodes, fills them, goes to every page and window at three widths, has axe look at each in both
themes, fails with what that finds and with whatever is wider than the screen, and keeps these pictures: of each page in the
light theme, of some in the dark one too. What the pages say is real, but for the earnings, checks and charges of a
month, and the copies that are under way as repair is looked at.

| page | ${WIDTHS.join(" | ")} |
|---|${WIDTHS.map(() => "---").join("|")}|
`;

/** The page that shows all pictures, as Markdown. */
export function galleryDocument(pages: readonly GalleryPage[]): string {
  return HEAD + pages.flatMap(rowsOf).join("");
}

/** The names of all pictures. */
export function pictureNames(pages: readonly GalleryPage[]): readonly string[] {
  return pages.flatMap((page) =>
    themesKept(page).flatMap((theme) => WIDTHS.map((width) => pictureName(page.name, width, theme))),
  );
}

function rowsOf(page: GalleryPage): readonly string[] {
  return themesKept(page).map((theme) => {
    const title = theme === "dark" ? `${page.title}, dark` : page.title;
    const cells = WIDTHS.map((width) => {
      const name = pictureName(page.name, width, theme);
      return `<a href="${name}"><img src="${name}" width="${width === 1440 ? 360 : 180}" alt="${title}, ${width} pixels"></a>`;
    });
    return `| ${title} | ${cells.join(" | ")} |\n`;
  });
}
