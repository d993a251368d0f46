// A producer with node-redis: node producer.js ID.
const { createClient, ErrorReply } = require('redis');

const job = { id: process.argv[2],   // yours: the same for the same event
  container: 'acme', point: 'on-new-lead', payload: { lead: { name: 'Ada' } } };

async function enqueue() {
  // A connection of its own for each try, and nothing tried behind our back.
  const redis = createClient({ url: process.env.REDIS_URL,
    disableOfflineQueue: true,
    socket: { reconnectStrategy: () => new Error('gone') } });
  redis.on('error', () => {});
  let timer;
  const late = new Promise((_, no) => {
    timer = setTimeout(() => no(new Error('no answer for 5 s')), 5000);
  });
  try {
    await Promise.race([late, redis.connect().then(() =>
      redis.lPush('extq:{default}:jobs', JSON.stringify(job)))]);
  } finally {
    clearTimeout(timer);
    redis.disconnect().catch(() => {});
  }
}

(async () => {
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      await enqueue();
      console.log(job.id);
      process.exit(0);
    } catch (e) {
      // OOM: full, and not enqueued. Anything else: maybe, so again.
      if (e instanceof ErrorReply || e.name === 'ReplyError') {
        console.error(`not enqueued: ${e.message}`);
        process.exit(1);
      }
      console.error(`maybe; again with the same id: ${e.message}`);
      await new Promise((go) => setTimeout(go, 1000));
    }
  }
  console.error('given up: enqueue it later, with the same id');
  process.exit(1);
})();
