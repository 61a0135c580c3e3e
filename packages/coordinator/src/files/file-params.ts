import Type from "typebox";

export const FileParams = Type.Object({
  id: Type.String({ format: "uuid", title: "a file_id, as GET /api/v1/files lists them" }),
});

/** For a query: a folder's id, or "root". */
export const FolderOrRoot = (description: string) =>
  Type.String({
    pattern: "^(root|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$",
    title: 'a folder\'s id, or "root"',
    description,
  });
