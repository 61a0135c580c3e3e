import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dial, hangUpAll } from "../http/raw-client.fixture.ts";
import { openWholeApi, type WholeApi } from "../http/whole-api.fixture.ts";

let api: WholeApi;
beforeAll(async () => {
  api = await openWholeApi();
});
afterAll(async () => {
  hangUpAll();
  await api.close();
});

const inQuery = (name: string) => `/api/v1/files?filename=${encodeURIComponent(name)}`;
const inPath = (name: string) => `/api/v1/files/${name.split("/").map(encodeURIComponent).join("/")}`;

/** RFC 6266 with RFC 8187, and nothing else. */
const DISPOSITION =
  /^attachment; filename="([\x20-\x21\x23-\x5b\x5d-\x7e]*)"; filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~%-]*)$/;

async function dispositionOf(fileId: string): Promise<{ readonly plain: string; readonly extended: string }> {
  const { headers } = await api.fetch("HEAD", `/api/v1/files/${fileId}/download`);
  const header = headers.get("content-disposition") ?? "";
  expect(header).toMatch(DISPOSITION);
  const [, plain = "", extended = ""] = DISPOSITION.exec(header) ?? [];
  return { plain, extended: decodeURIComponent(extended) };
}

describe("a name that is taken comes back as it was", () => {
  it.each([
    "a",
    "notes/2026/algebra.pdf",
    "  spaces around  ",
    "trailing dots...",
    "...",
    ".hidden",
    "-rf",
    "~",
    "CON",
    "C:\\autoexec.bat",
    "100%",
    "100%25",
    "%2e%2e%2f",
    "a+b c",
    "a&b=c?d#e;f",
    'quo"te',
    "it's (here)*",
    "semi;colon, comma",
    "__proto__",
    "constructor",
    "null",
    "0",
    "Übung 3.txt",
    "資料.docx",
    "ملف.txt",
    "קובץ",
    "👩‍👩‍👧‍👦 🏳️‍🌈.png",
    "\u{10ffff}",
    "<script>alert(1)</script>.html",
    "a\u00a0b",
    `${"ü".repeat(127)}x`,
    `${"ordner/".repeat(64)}datei`,
  ])("%j", async (name) => {
    const begun = await api.call("POST", "/api/v1/files/upload/initiate", { body: { filename: name, size_bytes: 0 } });
    await api.call("POST", `/api/v1/files/upload/${begun.body.session_id}/complete`);
    const form = new FormData();
    form.set("file", new File([], "of the form"));
    const answers = [
      await api.call("GET", `/api/v1/files/${begun.body.file_id}`),
      await api.call("POST", inQuery(name), { body: "" }),
      await api.call("POST", inQuery(name), { body: form }),
      // Fetch resolves these before it sends them, as browsers do.
      ...(name.includes("%2e") ? [] : [await api.call("PUT", inPath(name), { body: "" })]),
    ];
    const last = name.slice(name.lastIndexOf("/") + 1);
    for (const { status, body } of answers) {
      expect([200, 201]).toContain(status);
      expect(body.filename).toBe(last);
      expect(body.folder_id).toBe(answers[0]!.body.folder_id);
      expect(body.entry_id).toBe(begun.body.file_id);
    }
    const folder = (await api.call("GET", `/api/v1/folders/${answers[0]!.body.folder_id}`)).body;
    const folders = last === name ? [] : folder.path.map((part: { readonly name: string }) => part.name);
    expect([...folders, last].join("/")).toBe(name);
    const { plain, extended } = await dispositionOf(answers[0]!.body.file_id);
    expect(extended).toBe(last);
    expect(plain).toHaveLength(last.length);
  });

  it("in lists too", async () => {
    const names = ["trailing dots...", "__proto__", "👩‍👩‍👧‍👦", 'quo"te'];
    for (const name of names) {
      await api.call("POST", inQuery(`list/${name}`), { body: "" });
      const { body: folder } = await api.call("GET", "/api/v1/folders/at?path=/list");
      const address = `/api/v1/files?folder=${folder.id}&name=${encodeURIComponent(name)}`;
      const { items } = (await api.call("GET", address)).body;
      expect(items.map(({ filename }: { filename: string }) => filename)).toEqual([name]);
    }
  });

  it("whatever it is, or is refused", async () => {
    const part = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("/", "..", '"', "\\", "%", "\u0301", "'"));
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 6 }), async (parts) => {
        const name = parts.join("");
        const folder = await api.call("POST", "/api/v1/folders", { body: { name: `run ${runs++}` } });
        const body = { filename: name, folder_id: folder.body.id, size_bytes: 0 };
        const begun = await api.call("POST", "/api/v1/files/upload/initiate", { body });
        if (begun.status !== 201) {
          expect([begun.status, begun.body.error.code]).toEqual([400, "INVALID_REQUEST"]);
          return;
        }
        expect(begun.body.filename).toBe(name.normalize("NFC"));
        const { file_id } = (await api.call("POST", `/api/v1/files/upload/${begun.body.session_id}/complete`)).body;
        const { extended } = await dispositionOf(file_id);
        expect(extended).toBe(begun.body.filename.slice(begun.body.filename.lastIndexOf("/") + 1));
      }),
      { numRuns: 50 },
    );
  });
});

describe("a name that is not taken", () => {
  it.each([
    "",
    " ",
    "\u3000",
    ".",
    "..",
    "../../etc/passwd",
    "a/../b",
    "a/./b",
    "/etc/passwd",
    "a//b",
    "a/",
    "a\nb",
    "a\r\nx-injected: 1",
    "a\u0000b",
    "\u007f",
    "a\u0085b",
    "a\u2028b",
    "right\u202egpj.exe",
    "\u200fa",
    "\u061ca",
    "\ufeffa",
    "x".repeat(256),
    "ü".repeat(128),
    "abcd/".repeat(300),
  ])("%j is refused, and nothing stays", async (name) => {
    const before = await api.traces();
    const calls = [
      api.call("POST", "/api/v1/files/upload/initiate", { body: { filename: name, size_bytes: 1 } }),
      api.call("POST", inQuery(name), { body: "x" }),
      api.call("PUT", `/api/v1/files/${encodeURIComponent(name).replace(/^\.+$/, (dots) => `${dots}%2f`)}`, {
        body: "x",
      }),
    ];
    for (const answer of await Promise.all(name === "" ? calls.slice(0, 2) : calls)) {
      expect([answer.status, answer.body.error.code]).toEqual([400, "INVALID_REQUEST"]);
    }
    expect(await api.traces()).toEqual(before);
  });

  it.each(["\\ud800", "\\udc00a", "a\\udbff", "\\udfff\\ud800"])(
    "half a character in JSON, %s, is refused",
    async (name) => {
      const answer = await api.call("POST", "/api/v1/files/upload/initiate", {
        body: `{"filename":"${name}","size_bytes":1}`,
      });
      expect([answer.status, answer.body.error.code]).toEqual([400, "INVALID_REQUEST"]);
    },
  );

  it.each(["%zz", "%", "a%2", "%ff", "%c3%28", "%ed%a0%80", "%00"])("%s in an address is refused", async (name) => {
    const before = await api.traces();
    for (const [method, url] of [
      ["POST", `/api/v1/files?filename=${name}`],
      ["PUT", `/api/v1/files/${name}`],
      ["GET", `/api/v1/files?name=${name}`],
      ["GET", `/api/v1/files/upload/${name}`],
      ["GET", `/nowhere?${name}`],
    ] as const) {
      const answer = await api.call(method, url, method === "GET" ? {} : { body: "x" });
      const codes = name === "%00" ? ["INVALID_REQUEST", "NOT_FOUND"] : ["INVALID_REQUEST"];
      expect(codes, url).toContain(answer.body.error.code);
    }
    expect(await api.traces()).toEqual(before);
  });

  it.each(["?filename=a&filename=b", "?filename[]=a", "?FILENAME=a", ""])("%s names no file", async (query) => {
    const answer = await api.call("POST", `/api/v1/files${query}`, { body: "x" });
    expect([answer.status, answer.body.error.code]).toEqual([400, "INVALID_REQUEST"]);
  });

  it.each(["../../etc/passwd", "a/../../b", "a#b", "a b", "ä", "a\tb"])(
    "%j written into a request as it is, is refused",
    async (name) => {
      const before = await api.traces();
      const client = await dial(api.app);
      client.send(
        `PUT /api/v1/files/${name} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.user.accessToken}\r\n` +
          "Content-Length: 1\r\n\r\nx",
      );
      expect(await client.until('"INVALID_REQUEST"')).toMatch(/^HTTP\/1\.1 400 /);
      expect(await api.traces()).toEqual(before);
    },
  );
});

describe("a form's name", () => {
  const send = (disposition: string) =>
    api.call("POST", "/api/v1/files", {
      headers: { "content-type": "multipart/form-data; boundary=b" },
      body: `--b\r\nContent-Disposition: form-data; name="f"; ${disposition}\r\n\r\nx\r\n--b--\r\n`,
    });

  it.each([
    ['filename="../../etc/passwd"', "passwd"],
    ['filename="C:\\dir\\a.txt"', "a.txt"],
    ["filename*=UTF-8''%E8%B3%87%E6%96%99", "資料"],
    ['filename="__proto__"', "__proto__"],
    ['filename="a%0D%0Ab"', "a%0D%0Ab"],
  ])("%s is taken as %j", async (disposition, name) => {
    const answer = await send(disposition);
    expect([answer.status, answer.body.filename]).toEqual([201, name]);
  });

  it.each(['filename=".."', 'filename="a\u0000b"', 'filename="\u202ea"', `filename="${"x".repeat(256)}"`])(
    "%j is refused, and nothing stays",
    async (disposition) => {
      const before = await api.traces();
      const answer = await send(disposition);
      expect([answer.status, answer.body.error.code]).toEqual([400, "INVALID_REQUEST"]);
      expect(await api.traces()).toEqual(before);
    },
  );
});
