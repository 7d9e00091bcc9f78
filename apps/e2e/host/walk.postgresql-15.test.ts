import { testWalk } from '../test/support/walk';

describe('on PostgreSQL 15, the oldest that is promised', () => testWalk(async () => ({ postgres: '/usr/lib/postgresql/15' })));
