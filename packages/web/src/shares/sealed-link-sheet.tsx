import { useEffect } from "react";
import { Button } from "react-aria-components/Button";
import { Dialog } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { sharesTexts } from "../texts/shares-texts.ts";
import { CopyButton } from "./copy-button.tsx";
import type { SealedLink } from "./sharing.ts";

interface SealedLinkSheetProps {
  readonly sealed: SealedLink;
  readonly onTaken: () => void;
}

const { ready } = sharesTexts;

/** The link with the key, this once. It goes away only when the person says so, not by Escape or a press beside it. */
export function SealedLinkSheet({ sealed, onTaken }: SealedLinkSheetProps) {
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, []);
  return (
    <ModalOverlay className="overlay" isOpen isKeyboardDismissDisabled>
      <Modal className="sheet">
        <Dialog className="sheet-inner">
          <Heading slot="title">{ready.title}</Heading>
          <p>{ready.name(sealed.name)}</p>
          <code className="share-link whole">{sealed.link}</code>
          <p className="notice urgent">{ready.once}</p>
          <div className="row">
            <CopyButton key={sealed.link} text={sealed.link} label={ready.copy} word={ready.copy} isStrong />
            <Button className="button" onPress={onTaken}>
              {ready.done}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
