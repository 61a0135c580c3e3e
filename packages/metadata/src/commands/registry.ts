import { purgeActions, recordAction } from "./admin-actions.ts";
import { issueAudits, purgeAudits } from "./audit-challenges.ts";
import { openAuditPeriod, revealAuditPeriod } from "./audit-periods.ts";
import { chargeOwners } from "./charge-owners.ts";
import { checkLedger } from "./check-ledger.ts";
import { commitChunk } from "./chunks.ts";
import { collectChunks } from "./collect-chunks.ts";
import { deleteStrays, forgetDeletions, settleDeletions } from "./deletions.ts";
import { dropAssignments } from "./drop-replicas.ts";
import { pinFile, unpinFile } from "./file-pins.ts";
import { deleteFile, makeCurrent, moveFile, restoreFile } from "./files.ts";
import { grantCredits } from "./grant-credits.ts";
import { purgeFolders, stepFolderDeletion } from "./folder-deletions.ts";
import { restoreFolder, stepFolderRestore } from "./folder-restores.ts";
import { createFolder, deleteFolder, ensureFolders, moveFolder } from "./folders.ts";
import { configureJob } from "./jobs.ts";
import { createJoinToken, purgeExpiredJoinTokens } from "./join-tokens.ts";
import { forgetNode, recordDrained, recordNodeEvent } from "./node-history.ts";
import { banNode, recordHeartbeat, registerNode, unbanNode } from "./nodes.ts";
import { payNodes, payOut } from "./pay-nodes.ts";
import { purchaseCredits, recordPaymentEvent } from "./purchases.ts";
import { purgeFile } from "./purge-file.ts";
import { purgeHistory } from "./purge-history.ts";
import { recordAudits } from "./record-audits.ts";
import {
  issueRefreshToken,
  purgeExpiredRefreshTokens,
  revokeRefreshTokenFamily,
  rotateRefreshToken,
} from "./refresh-tokens.ts";
import { activateAssignment, doubtAssignments, leaveAssignments, stayAssignments } from "./replicas.ts";
import { setRedundancy } from "./set-redundancy.ts";
import { closeDay } from "./settled-days.ts";
import { createShare, purgeExpiredShares, revokeShare, useShare } from "./shares.ts";
import { storeFile } from "./store-file.ts";
import { abortUpload, completeUpload, extendReservation, initiateUpload } from "./uploads.ts";
import { recordWatch } from "./uptime.ts";
import { setUserDisabled, setUserRole } from "./user-rights.ts";
import { createUser, setPassword } from "./users.ts";

/** Every command, by its name. */
export const commands = {
  "admin.purge": purgeActions,
  "admin.record": recordAction,
  "assignment.activate": activateAssignment,
  "assignment.doubt": doubtAssignments,
  "assignment.drop": dropAssignments,
  "assignment.leave": leaveAssignments,
  "assignment.stay": stayAssignments,
  "audit.issue": issueAudits,
  "audit.open_period": openAuditPeriod,
  "audit.purge": purgeAudits,
  "audit.record": recordAudits,
  "audit.reveal_period": revealAuditPeriod,
  "chunk.collect": collectChunks,
  "chunk.commit": commitChunk,
  "deletion.forget": forgetDeletions,
  "deletion.settle": settleDeletions,
  "deletion.stray": deleteStrays,
  "economics.charge_owners": chargeOwners,
  "economics.close_day": closeDay,
  "economics.pay_nodes": payNodes,
  "economics.pay_out": payOut,
  "file.delete": deleteFile,
  "file.make_current": makeCurrent,
  "file.move": moveFile,
  "file.pin": pinFile,
  "file.purge": purgeFile,
  "file.restore": restoreFile,
  "file.set_redundancy": setRedundancy,
  "file.store": storeFile,
  "file.unpin": unpinFile,
  "folder.create": createFolder,
  "folder.delete": deleteFolder,
  "folder.delete_step": stepFolderDeletion,
  "folder.ensure": ensureFolders,
  "folder.move": moveFolder,
  "folder.purge": purgeFolders,
  "folder.restore": restoreFolder,
  "folder.restore_step": stepFolderRestore,
  "history.purge": purgeHistory,
  "job.configure": configureJob,
  "join_token.create": createJoinToken,
  "join_token.purge_expired": purgeExpiredJoinTokens,
  "ledger.check": checkLedger,
  "ledger.grant": grantCredits,
  "ledger.purchase": purchaseCredits,
  "node.ban": banNode,
  "node.drained": recordDrained,
  "node.event": recordNodeEvent,
  "node.forget": forgetNode,
  "node.heartbeat": recordHeartbeat,
  "node.register": registerNode,
  "node.unban": unbanNode,
  "payment.event": recordPaymentEvent,
  "refresh_token.issue": issueRefreshToken,
  "refresh_token.purge_expired": purgeExpiredRefreshTokens,
  "refresh_token.revoke_family": revokeRefreshTokenFamily,
  "refresh_token.rotate": rotateRefreshToken,
  "share.create": createShare,
  "share.purge_expired": purgeExpiredShares,
  "share.revoke": revokeShare,
  "share.use": useShare,
  "upload.abort": abortUpload,
  "upload.complete": completeUpload,
  "upload.extend_reservation": extendReservation,
  "upload.initiate": initiateUpload,
  "uptime.watch": recordWatch,
  "user.create": createUser,
  "user.set_disabled": setUserDisabled,
  "user.set_password": setPassword,
  "user.set_role": setUserRole,
};
