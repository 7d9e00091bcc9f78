import { createBackgroundWork } from '@gatehouse/lifecycle';
import type { Database } from '@gatehouse/postgres';
import { isAppError } from '@gatehouse/errors';
import type { Mail } from '../mail/mail';
import type { MailQueue } from '../mail/mail-queue';
import { isSuspended, type People, type Person } from '../people';
import { useCode } from '../postgres/code-repository';
import type { Code, CodeLifetimes, Codes, CodeToMint, SealedCode } from './codes';
import type { Links } from './links';
import type { CodeSecrets } from './one-time-code';

export interface CodeMailerOptions {
  database: Database;
  people: People;
  codes: Codes;
  links: Links;
  lifetimes: CodeLifetimes;
  mailQueue: Pick<MailQueue, 'queueMail'>;
  isActive: () => boolean;
  onError: (error: unknown) => void;
}

/** Mails the codes that were asked for. */
export interface CodeMailer {
  start(): void;
  /** Mails those that wait; gives how many there were. */
  mailSome(): Promise<number>;
  close(): Promise<void>;
}

/** What is to be done about a code: it is given secrets, those of `proof` are mailed with it, and `mails` go out beside. */
interface Plan {
  readonly code: CodeToMint;
  readonly proof?: (secrets: CodeSecrets) => Mail;
  readonly mails?: readonly Mail[];
  /** A code that this one takes the place of. */
  readonly replaces?: string;
}

const batchSize = 20;
// a code that could not be mailed waits for so long
const leaseMs = 5_000;

/**
 * Finds out who the codes are for and mails them, at a pace of its own: when that happens tells who asked nothing. A code for
 * nobody gets secrets too, which nobody has: presented digits take the same steps then.
 */
export function createCodeMailer({ database, people, codes, links, lifetimes, mailQueue, isActive, onError }: CodeMailerOptions): CodeMailer {
  const background = createBackgroundWork({ isActive, onError });
  const mayEnter = (person: Person | undefined): person is Person => person !== undefined && !isSuspended(person);

  const toMail = (kind: 'verify_email' | 'reset_password' | 'email_change_confirm' | 'invitation', code: Plan['code'], person?: Person) => {
    const { purpose, data } = code;
    return ({ token, code: digits }: CodeSecrets): Mail => ({
      kind,
      // as the account spells it, whatever was typed: there are mailboxes that tell case apart
      to: purpose === 'change_email' ? data.email : (person?.user.email ?? data.email),
      userId: person?.user.id,
      language: person?.user.locale || data.language,
      validForSeconds: lifetimes[purpose],
      data: { name: person?.user.displayName ?? data.displayName, link: links.toProof(purpose, token), code: purpose === 'invitation' ? undefined : digits },
    });
  };
  const toNotice = (kind: 'sign_up_attempt' | 'email_change_requested', { user }: Person, { language }: Code['data']): Mail => ({
    kind,
    to: user.email,
    userId: user.id,
    language: user.locale || language,
    data: { name: user.displayName, link: links.recovery },
  });

  const planners: Readonly<Record<Code['purpose'], (code: Code) => Promise<Plan>>> = {
    async sign_up(code) {
      const person = await people.findByEmail(code.data.email);
      if (!person) return { code, proof: toMail('verify_email', code) };
      return { code: deaden(code, person), mails: mayEnter(person) ? [toNotice('sign_up_attempt', person, code.data)] : [] };
    },
    async verify_email(code) {
      const person = await people.findByEmail(code.data.email);
      const signUp = code.data.signUpId ? await codes.findSignUp(code, code.data.signUpId) : undefined;
      const replaces = signUp?.id;
      if (mayEnter(person) && !person.user.emailVerified) {
        const known = { ...code, userId: person.user.id };
        return { code: known, proof: toMail('verify_email', known, person), replaces };
      }
      if (!signUp) return { code: deaden(code, person) };
      const language = code.data.language ?? signUp.data.language;
      const formerIds = [...(signUp.data.formerIds ?? []), signUp.id];
      const renewed = { ...code, purpose: signUp.purpose, data: { ...signUp.data, language, formerIds } };
      // what was for nobody stays so: its password is gone
      if (person || !signUp.data.passwordHash) return { code: deaden(renewed, person), replaces };
      return { code: renewed, proof: toMail('verify_email', renewed), replaces };
    },
    async reset_password(code) {
      const person = await people.findByEmail(code.data.email);
      if (!mayEnter(person)) return { code: deaden(code, person) };
      const known = { ...code, userId: person.user.id };
      return { code: known, proof: toMail('reset_password', known, person) };
    },
    async change_email(code) {
      const [person, owner] = [await people.findById(code.userId!), await people.findByEmail(code.data.email)];
      if (!mayEnter(person)) return { code: deaden(code) };
      const notice = toNotice('email_change_requested', person, code.data);
      if (owner) return { code: deaden(code), mails: mayEnter(owner) ? [notice, toNotice('sign_up_attempt', owner, code.data)] : [notice] };
      return { code, proof: toMail('email_change_confirm', code, person), mails: [notice] };
    },
    async invitation(code) {
      const id = code.userId!;
      const { email, displayName = '' } = code.data;
      // the process that wrote it down ended before it made the person
      if (!(await people.findById(id))) await people.create({ id, email, displayName });
      const person = await people.findById(id);
      // whole all the same: what asked for it may be repeated, and is compared
      return mayEnter(person) ? { code, proof: toMail('invitation', code, person) } : { code };
    },
  };

  const mail = async (code: Code) => {
    const plan = await planners[code.purpose](code);
    await database.transaction(async (tx) => {
      if (plan.replaces && !(await useCode(tx, plan.replaces))) return;
      const secrets = await codes.mint(tx, plan.code);
      if (!secrets) return;
      if (plan.proof) await mailQueue.queueMail(tx, plan.proof(secrets));
      for (const notice of plan.mails ?? []) await mailQueue.queueMail(tx, notice);
    });
  };

  const mailOne = async ({ id, open }: SealedCode) => {
    try {
      await mail(open());
    } catch (error) {
      // an invitation of somebody whose email is another's: it was told so
      if (isAppError(error, 'EMAIL_TAKEN')) await useCode(database, id);
      else onError(error);
    }
  };

  const mailBatch = async () => {
    const waiting = await codes.takeToMail(batchSize, leaseMs);
    for (const code of waiting) await mailOne(code);
    return waiting.length;
  };
  // one batch at a time in a process
  let last: Promise<unknown> = Promise.resolve();
  const mailSome = () => {
    const mailed = last.then(mailBatch);
    last = mailed.catch(() => {});
    return mailed;
  };
  return {
    start: () =>
      background.every(1_000, async (signal) => {
        while (!signal.aborted && (await mailSome()) === batchSize);
      }),
    mailSome,
    close: background.close,
  };
}

/**
 * It is for nobody: nobody is mailed its secrets, and of what was asked for no more is kept than finds it again. An owner of the email is noted,
 * so that it goes when they are erased; of a change, who asked for it stays.
 */
const deaden = ({ id, purpose, userId, data: { email, oldEmail, formerIds } }: CodeToMint, owner?: Person): CodeToMint => ({
  id,
  purpose,
  userId: owner?.user.id ?? userId,
  data: { email, oldEmail, formerIds },
});
