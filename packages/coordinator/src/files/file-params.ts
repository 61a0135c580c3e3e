import Type from "typebox";

export const FileParams = Type.Object({
  id: Type.String({ format: "uuid", title: "a file_id, as GET /api/v1/files lists them" }),
});
