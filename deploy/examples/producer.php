#!/usr/bin/env php
<?php
// A producer with phpredis: producer.php ID. Needs php-redis.
$url = parse_url(getenv('REDIS_URL') ?: 'redis://127.0.0.1:6379');
$job = json_encode(['id' => $argv[1],   // yours: the same for the same event
    'container' => 'acme', 'point' => 'on-new-lead',
    'payload' => ['lead' => ['name' => 'Ada']]]);
for ($attempt = 0; $attempt < 5; $attempt++) {
    try {
        $redis = new Redis();
        $redis->connect($url['host'], $url['port'] ?? 6379, 5, null, 0, 5);
        if ($redis->lPush('extq:{default}:jobs', $job) !== false) {
            echo $argv[1], "\n";
            exit(0);
        }                               // OOM: full, and not enqueued
        fwrite(STDERR, 'not enqueued: ' . $redis->getLastError() . "\n");
        exit(1);
    } catch (RedisException $e) {
        fwrite(STDERR, 'no answer, so maybe; again with the same id: ' .
            $e->getMessage() . "\n");
        sleep(1);
    }
}
fwrite(STDERR, "given up: enqueue it later, with the same id\n");
exit(1);
