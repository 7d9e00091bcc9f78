import type { Gatehouse } from './gatehouse';
import { send, signUp } from './http';
import { startMailbox } from './mailbox';
import { password, type Scene } from './scene';

/** Tokens of links that were mailed, each about somebody of whom something else is so by now. */
export interface MailedLinks {
  /** Of a sign-up that waits, and of one whose email an administrator gave to somebody. */
  readonly signUp: string;
  readonly takenSignUp: string;
  /** Of changes of email: one to an email that is somebody's by now, one of somebody who is suspended. */
  readonly takenChange: string;
  readonly suspendedChange: string;
  /** Of somebody who is suspended. */
  readonly verification: string;
  readonly reset: string;
  readonly invitation: string;
  /** Of people who may choose a password: one who has another, one who has none. */
  readonly openReset: string;
  readonly openInvitation: string;
  close(): Promise<void>;
}

/** Has `auth` demand that emails are verified, for as long as `work` takes. */
export async function whileVerifying<T>(gatehouse: Gatehouse, settings: Readonly<Record<string, string>>, work: () => Promise<T>): Promise<T> {
  const restart = async (changes: Readonly<Record<string, string>>) => {
    await gatehouse.stop('auth');
    Object.assign(gatehouse.settings, changes);
    gatehouse.start('auth');
    await gatehouse.ready();
  };
  await restart({ ...settings, AUTH_SIGNUP_VERIFICATION: 'required' });
  try {
    return await work();
  } finally {
    await restart({ AUTH_SIGNUP_VERIFICATION: 'off' });
  }
}

export async function mailLinks({ gatehouse, administrator, issuer, root, ada }: Scene): Promise<MailedLinks> {
  const mailbox = await startMailbox();
  const post = async (path: string, body: object, token?: string) => (await send(gatehouse.url, 'POST', path, { token, body })).body;
  const changeEmail = (token: string, newEmail: string) => post('/v1/auth/email:change', { newEmail, password }, token);
  const asInviter = () => issuer.access(root, 0, ['users.invite']);
  return whileVerifying(gatehouse, mailbox.settings, async () => {
    for (const email of ['waiting@example.com', 'overtaken@example.com', 'mover@example.com']) await signUp(gatehouse.url, email, password);
    const takenSignUp = await mailbox.tokenTo('overtaken@example.com', 'verify-email');
    await post('/v1/users', { email: 'overtaken@example.com' }, administrator);

    await changeEmail(ada.accessToken, 'moved@example.com');
    const takenChange = await mailbox.tokenTo('moved@example.com', 'confirm-email');
    await post('/v1/users', { email: 'moved@example.com' }, administrator);

    const mover = await post('/v1/auth/email:verify', { token: await mailbox.tokenTo('mover@example.com', 'verify-email'), password });
    await changeEmail(mover.accessToken, 'moving@example.com');
    const suspendedChange = await mailbox.tokenTo('moving@example.com', 'confirm-email');

    await post('/v1/auth/password:requestReset', { email: ada.email });
    await post('/v1/invitations', { email: 'invited@example.com' }, await asInviter());

    const held = await post('/v1/users', { email: 'held@example.com' }, administrator);
    await post('/v1/auth/email:resendVerification', { email: held.email });
    await post('/v1/auth/password:requestReset', { email: held.email });
    await post(`/v1/invitations/${held.id}:resend`, {}, await asInviter());
    const links = {
      signUp: await mailbox.tokenTo('waiting@example.com', 'verify-email'),
      takenSignUp,
      takenChange,
      suspendedChange,
      verification: await mailbox.tokenTo(held.email, 'verify-email'),
      reset: await mailbox.tokenTo(held.email, 'reset-password'),
      invitation: await mailbox.tokenTo(held.email, 'accept-invitation'),
      openReset: await mailbox.tokenTo(ada.email, 'reset-password'),
      openInvitation: await mailbox.tokenTo('invited@example.com', 'accept-invitation'),
      close: mailbox.close,
    };
    for (const { id } of [mover.user, held]) await post(`/v1/users/${id}:suspend`, {}, administrator);
    return links;
  });
}
