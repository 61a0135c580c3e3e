import { domainToASCII } from "node:url";
import { AppError } from "@commonhold/core/app-error.ts";

const LENGTH_MAX = 254;
const LOCAL_PART_LENGTH_MAX = 64;
/** A valid e-mail address as the HTML standard defines it (section 4.10.5.1.5), which is what people's forms accept. */
const ADDRESS =
  /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

/**
 * The one spelling under which an address is kept and looked up: trimmed, lower case, its domain in ASCII.
 * @throws AppError INVALID_REQUEST for what is no address
 */
export function normaliseEmail(text: string): string {
  const trimmed = text.trim();
  const at = trimmed.lastIndexOf("@");
  const local = trimmed.slice(0, at).toLowerCase();
  const domain = asciiDomain(trimmed.slice(at + 1));
  const address = `${local}@${domain}`;
  if (at <= 0 || address.length > LENGTH_MAX || local.length > LOCAL_PART_LENGTH_MAX || !ADDRESS.test(address)) {
    throw new AppError(
      "INVALID_REQUEST",
      'body field "email" is no e-mail address: give one such as name@example.org',
      {
        details: { in: "body", field: "email", expected: "an e-mail address" },
      },
    );
  }
  return address;
}

/** An internationalised domain as DNS knows it (RFC 5891). Node's function reads hosts of URLs, so it gets names only. */
function asciiDomain(domain: string): string {
  const isAscii = /^[\u0000-\u007f]*$/.test(domain);
  if (isAscii) return domain.toLowerCase();
  return /^[\p{L}\p{M}\p{N}.-]+$/u.test(domain) ? domainToASCII(domain) : "";
}
