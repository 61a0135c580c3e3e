import { Choice } from "../ui/choice.tsx";
import { Field } from "../ui/field.tsx";
import { sharesTexts } from "../texts/shares-texts.ts";
import { type Expiry, readTerms, type WrittenTerms } from "./share-terms.ts";

interface TermsFieldsProps {
  readonly terms: WrittenTerms;
  readonly onChange: (terms: WrittenTerms) => void;
}

const EXPIRIES = Object.entries(sharesTexts.expiries) as readonly (readonly [Expiry, string])[];

/** For how long, for whom, and how often. */
export function TermsFields({ terms, onChange }: TermsFieldsProps) {
  const isWrong = readTerms(terms) === undefined;
  return (
    <>
      <Choice
        label={sharesTexts.expiry}
        value={terms.expiry}
        options={EXPIRIES}
        onChange={(expiry) => onChange({ ...terms, expiry })}
      />
      <Field
        label={sharesTexts.password}
        hint={sharesTexts.passwordHint}
        autoComplete="off"
        maxLength={1024}
        value={terms.password}
        onChange={(password) => onChange({ ...terms, password })}
      />
      <Field
        label={sharesTexts.limit}
        hint={isWrong ? sharesTexts.limitWrong : sharesTexts.limitHint}
        inputMode="numeric"
        maxLength={9}
        isInvalid={isWrong}
        value={terms.downloads}
        onChange={(downloads) => onChange({ ...terms, downloads })}
      />
    </>
  );
}
