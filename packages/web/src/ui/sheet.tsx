import type { ReactNode } from "react";
import { Button } from "react-aria-components/Button";
import { Dialog } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { appTexts } from "../texts/app-texts.ts";
import { Icon } from "./icon.tsx";

interface SheetProps {
  readonly title: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A small window over the page. */
export function Sheet({ title, isOpen, onClose, children }: SheetProps) {
  return (
    <ModalOverlay className="overlay" isOpen={isOpen} onOpenChange={(open) => !open && onClose()} isDismissable>
      <Modal className="sheet">
        <Dialog className="sheet-inner">
          <div className="sheet-head">
            <Heading slot="title">{title}</Heading>
            <Button className="icon-button" aria-label={appTexts.close} onPress={onClose}>
              <Icon name="close" />
            </Button>
          </div>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
