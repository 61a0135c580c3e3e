import { activateAssignment, commitChunk } from "./chunks.ts";
import { deleteFile } from "./files.ts";
import { createJoinToken, purgeExpiredJoinTokens } from "./join-tokens.ts";
import { purchaseCredits } from "./ledger.ts";
import { banNode, recordHeartbeat, registerNode, unbanNode } from "./nodes.ts";
import {
  issueRefreshToken,
  purgeExpiredRefreshTokens,
  revokeRefreshTokenFamily,
  rotateRefreshToken,
} from "./refresh-tokens.ts";
import { storeFile } from "./store-file.ts";
import { abortUpload, completeUpload, extendReservation, initiateUpload } from "./uploads.ts";
import { createUser, setUserRole } from "./users.ts";

/** Every command, by its name. */
export const commands = {
  "assignment.activate": activateAssignment,
  "chunk.commit": commitChunk,
  "file.delete": deleteFile,
  "file.store": storeFile,
  "join_token.create": createJoinToken,
  "join_token.purge_expired": purgeExpiredJoinTokens,
  "ledger.purchase": purchaseCredits,
  "node.ban": banNode,
  "node.heartbeat": recordHeartbeat,
  "node.register": registerNode,
  "node.unban": unbanNode,
  "refresh_token.issue": issueRefreshToken,
  "refresh_token.purge_expired": purgeExpiredRefreshTokens,
  "refresh_token.revoke_family": revokeRefreshTokenFamily,
  "refresh_token.rotate": rotateRefreshToken,
  "upload.abort": abortUpload,
  "upload.complete": completeUpload,
  "upload.extend_reservation": extendReservation,
  "upload.initiate": initiateUpload,
  "user.create": createUser,
  "user.set_role": setUserRole,
};
