import { useRef, useState } from "react";
import { Button } from "react-aria-components/Button";
import { Form } from "react-aria-components/Form";
import { useServices } from "../app/services.tsx";
import { formatBytes } from "../format/format-bytes.ts";
import { sharesTexts } from "../texts/shares-texts.ts";
import { messageOf, sentence } from "../ui/failure.tsx";
import { FileInput } from "../ui/file-input.tsx";
import { Icon } from "../ui/icon.tsx";
import { Sheet } from "../ui/sheet.tsx";
import { sealedUpload } from "./sealed-upload.ts";
import { readTerms, USUAL_TERMS } from "./share-terms.ts";
import { TermsFields } from "./terms-fields.tsx";

const { seal } = sharesTexts;

/** Seals a file from the person's disk, and sends it by the tray. */
export function SealDialog({ onClose }: { readonly onClose: () => void }) {
  const services = useServices();
  const [file, setFile] = useState<File>();
  const [terms, setTerms] = useState(USUAL_TERMS);
  const [failure, setFailure] = useState<string>();
  const body = readTerms(terms);
  const begin = async (chosen: File): Promise<void> => {
    try {
      services.uploads.add({ files: [await sealedUpload(services, chosen, body ?? {})], emptyFolders: [] }, null);
      services.toasts.show(seal.started);
      onClose();
    } catch (error) {
      setFailure(sentence(messageOf(error)));
    }
  };
  return (
    <Sheet title={seal.title} isOpen onClose={onClose}>
      <p className="soft">{seal.lead}</p>
      {isSecureContext ? null : <p className="form-failure">{seal.insecure}</p>}
      <Form
        className="form"
        aria-label={seal.title}
        onSubmit={(event) => {
          event.preventDefault();
          if (file !== undefined && body !== undefined) void begin(file);
        }}
      >
        <FilePicker file={file} onFile={setFile} />
        <TermsFields terms={terms} onChange={setTerms} />
        <p role="alert" className={failure === undefined ? "form-failure none" : "form-failure"}>
          {failure}
        </p>
        <Button
          type="submit"
          className="button strong wide"
          isDisabled={file === undefined || body === undefined || !isSecureContext}
        >
          {seal.begin}
        </Button>
      </Form>
    </Sheet>
  );
}

interface FilePickerProps {
  readonly file: File | undefined;
  readonly onFile: (file: File) => void;
}

function FilePicker({ file, onFile }: FilePickerProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <div className="row">
      <Button className="button" onPress={() => input.current?.click()}>
        <Icon name="upload" />
        {seal.choose}
      </Button>
      <span className="chosen-file" aria-live="polite">
        {file === undefined ? "" : seal.chosen(file.name, formatBytes(file.size))}
      </span>
      <FileInput input={input} testId="seal-input" onFile={onFile} />
    </div>
  );
}
