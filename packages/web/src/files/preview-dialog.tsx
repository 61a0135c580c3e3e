import { Button } from "react-aria-components/Button";
import { Dialog } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { appTexts } from "../texts/app-texts.ts";
import { previewTexts } from "../texts/files-texts.ts";
import { Icon } from "../ui/icon.tsx";
import { entryOfFile, type ListedFile } from "./entry.ts";
import { PreviewContent } from "./preview-content.tsx";
import { useEntryActions } from "./use-entry-actions.ts";

interface PreviewDialogProps {
  readonly file: ListedFile;
  /** Among which the arrows move. */
  readonly files: readonly ListedFile[];
  readonly onMove: (file: ListedFile) => void;
  readonly onClose: () => void;
}

/** One file over the whole page. */
export function PreviewDialog({ file, files, onMove, onClose }: PreviewDialogProps) {
  const { download } = useEntryActions();
  const at = files.findIndex((each) => each.file_id === file.file_id);
  const move = (by: number): void => {
    const next = files[at + by];
    if (next !== undefined) onMove(next);
  };
  return (
    <ModalOverlay className="overlay dark" isOpen onOpenChange={(open) => !open && onClose()}>
      <Modal className="preview">
        <Dialog className="preview-inner">
          <div
            className="preview-keys"
            onKeyDown={({ key, target }) => {
              if (target instanceof HTMLMediaElement) return;
              if (key === "ArrowLeft") move(-1);
              if (key === "ArrowRight") move(1);
            }}
          >
            <div className="preview-head">
              <Heading slot="title">{file.filename}</Heading>
              <span className="gap" />
              <Button
                className="icon-button"
                aria-label={previewTexts.previous}
                isDisabled={at <= 0}
                onPress={() => move(-1)}
              >
                <Icon name="left" />
              </Button>
              <Button
                className="icon-button"
                aria-label={previewTexts.next}
                isDisabled={at < 0 || at >= files.length - 1}
                onPress={() => move(1)}
              >
                <Icon name="right" />
              </Button>
              <Button
                className="icon-button"
                aria-label={previewTexts.download}
                onPress={() => void download([entryOfFile(file)])}
              >
                <Icon name="download" />
              </Button>
              <Button className="icon-button" aria-label={appTexts.close} onPress={onClose} autoFocus>
                <Icon name="close" />
              </Button>
            </div>
            <PreviewContent key={file.file_id} file={file} />
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
