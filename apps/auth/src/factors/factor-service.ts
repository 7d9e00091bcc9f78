import { clientOf, principalOf, toUserId } from '@gatehouse/access';
import { permissionDenied } from '@gatehouse/contracts/api';
import { type Factor, type FactorServiceDefinition, FactorType } from '@gatehouse/contracts/auth';
import type { RpcCall, RpcService } from '@gatehouse/rpc';
import type { FactorRow } from '../postgres/factor-repository';
import type { CompleteLogin } from './complete-login';
import type { Enrolment } from './enrolment';
import type { PersonCalling } from './fresh-factor';
import type { StepUp } from './step-up';

export interface FactorServiceOptions {
  enrolment: Enrolment;
  completeLogin: CompleteLogin;
  stepUp: StepUp;
}

/** FactorService: what people prove who they are by, beside their passwords. */
export function createFactorService({ enrolment, completeLogin, stepUp }: FactorServiceOptions): RpcService<FactorServiceDefinition> {
  return {
    async enrollTotp({ displayName }, call) {
      const { factor, ...texts } = await enrolment.begin(callerOf(call), displayName);
      return { factor: toFactor(factor), ...texts };
    },
    async confirmTotp(request, call) {
      const { factor, recoveryCodes } = await enrolment.confirm(callerOf(call), request);
      return { factor: toFactor(factor), recoveryCodes: [...recoveryCodes] };
    },
    async listFactors({ userId }, call) {
      const { factors, recoveryCodesLeft } = await enrolment.list(toUserId(userId, call));
      return { factors: factors.map(toFactor), recoveryCodesLeft };
    },
    async deleteFactor({ userId, factorId }, call) {
      await enrolment.remove(callerOf(call), toUserId(userId, call), factorId);
      return {};
    },
    regenerateRecoveryCodes: async (_request, call) => ({ recoveryCodes: [...(await enrolment.renewRecoveryCodes(callerOf(call)))] }),
    completeLogin: (request, call) => completeLogin(request, clientOf(call)),
    stepUp: (request, call) => stepUp(request, callerOf(call), clientOf(call)),
  };
}

/** The person who calls: no rule of the service admits anybody else. */
function callerOf(call: RpcCall): PersonCalling {
  const principal = principalOf(call);
  if (principal.kind !== 'user') throw permissionDenied({ permission: '' });
  return principal;
}

const toFactor = ({ id, displayName, createTime, confirmTime, lastUseTime }: FactorRow): Factor => ({
  id,
  type: FactorType.FACTOR_TYPE_TOTP,
  displayName,
  createTime,
  confirmTime: confirmTime ?? undefined,
  lastUseTime: lastUseTime ?? undefined,
});
