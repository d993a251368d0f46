// A producer with Jedis: java -cp jedis.jar:... Producer.java ID.
import java.net.URI;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

public class Producer {
    public static void main(String[] args) throws InterruptedException {
        String id = args[0];            // yours: the same for the same event
        String job = "{\"id\":\"" + id + "\",\"container\":\"acme\","
            + "\"point\":\"on-new-lead\","
            + "\"payload\":{\"lead\":{\"name\":\"Ada\"}}}";
        for (int attempt = 0; attempt < 5; attempt++) {
            try (Jedis redis = new Jedis(
                    URI.create(System.getenv("REDIS_URL")), 5000)) {
                redis.lpush("extq:{default}:jobs", job);
                System.out.println(id);
                return;
            } catch (JedisConnectionException e) {
                System.err.println("no answer, so maybe; again with the same "
                    + "id: " + e.getMessage());
                Thread.sleep(1000);
            } catch (JedisDataException e) {    // OOM: full, not enqueued
                System.err.println("not enqueued: " + e.getMessage());
                System.exit(1);
            }
        }
        System.err.println("given up: enqueue it later, with the same id");
        System.exit(1);
    }
}
