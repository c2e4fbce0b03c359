// Account JSON: a frame's account as it travels with an encoded batch.
import type { FrameAccount } from "./frame-account.ts"

export interface AccountJson extends Omit<FrameAccount, "dropped" | "rejected"> {
  readonly dropped: ReadonlyArray<readonly [string, number]>
  readonly rejected: ReadonlyArray<readonly [string, number]>
}

export const accountToJson = (account: FrameAccount): AccountJson => ({
  ...account,
  dropped: [...account.dropped],
  rejected: [...account.rejected]
})

/** Throws RangeError when it is no account: the bytes may come from anybody. */
export const accountFromJson = (account: AccountJson): FrameAccount => {
  const { dropped, received, receivedMillis, rejected, sequence, source, tenant } = account
  const isAccount =
    Number.isSafeInteger(sequence) &&
    sequence >= 0 &&
    Number.isSafeInteger(received) &&
    received >= 0 &&
    Number.isFinite(receivedMillis) &&
    typeof tenant === "string" &&
    typeof source === "string"
  if (!isAccount) throw new RangeError("batch is damaged: an account of it is none")
  return { ...account, dropped: new Map(dropped), rejected: new Map(rejected) }
}
