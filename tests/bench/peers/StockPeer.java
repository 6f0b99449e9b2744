import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** Kafka Streams as its documentation writes it: a processor, two stores, two sinks, exactly once. */
public final class StockPeer {

    static final String SOURCE = "stock.movements.v1";

    public static void main(String[] arguments) {
        String app = arguments[1];
        Properties settings = new Properties();
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0]);
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, app);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, arguments[2]);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);

        KafkaStreams streams = new KafkaStreams(topology(app), settings);
        // Leaving, which is not its default: a clean start would wait 45 s for its old session.
        CloseOptions leaving =
            CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(leaving)));
        streams.start();
    }

    static Topology topology(String app) {
        Serde<String> text = Serdes.String();
        return new Topology()
            .addSource("movements", text.deserializer(), text.deserializer(), SOURCE)
            .addProcessor("keeper", Keeper::new, "movements")
            .addStateStore(
                Stores.keyValueStoreBuilder(
                    Stores.persistentKeyValueStore("seen"), text, Serdes.Boolean()),
                "keeper")
            .addStateStore(
                Stores.keyValueStoreBuilder(
                    Stores.persistentKeyValueStore("levels"), text, Serdes.Long())
                    .withCachingEnabled(),
                "keeper")
            .addSink("journal", app + "-journal", text.serializer(), text.serializer(), "keeper")
            .addSink(
                "availability", app + "-availability", text.serializer(), text.serializer(), "keeper");
    }

    /** One movement: known already, or a level changed, an entry and what is available now. */
    static final class Keeper implements Processor<String, String, String, String> {

        /** What a kind does to the stock on hand, and the account on the other side. */
        private record Kind(int sign, String account) {}

        private static final Map<String, Kind> KINDS = Map.of(
            "received", new Kind(1, "goods_in"),
            "returned", new Kind(1, "cost_of_sale"),
            "dispatched", new Kind(-1, "cost_of_sale"),
            "adjusted_down", new Kind(-1, "written_off"));

        private final ObjectMapper json = new ObjectMapper();
        private ProcessorContext<String, String> context;
        private KeyValueStore<String, Boolean> seen;
        private KeyValueStore<String, Long> levels;

        @Override
        public void init(ProcessorContext<String, String> given) {
            context = given;
            seen = given.getStateStore("seen");
            levels = given.getStateStore("levels");
        }

        @Override
        public void process(Record<String, String> record) {
            try {
                JsonNode movement = json.readTree(record.value());
                if (!movement.has("control")) {
                    keep(movement, record);
                }
            } catch (JsonProcessingException malformed) {
                throw new IllegalStateException(malformed);
            }
        }

        private void keep(JsonNode movement, Record<String, String> record)
            throws JsonProcessingException {
            String id = movement.get("movement_id").textValue();
            if (seen.get(id) != null) {
                return;
            }
            seen.put(id, true);
            String sku = movement.get("sku").textValue();
            String site = movement.get("site").textValue();
            Kind kind = KINDS.get(movement.get("kind").textValue());
            long units = kind.sign() * Long.parseLong(movement.get("quantity").textValue());
            Long before = levels.get(sku + "@" + site);
            long onHand = (before == null ? 0 : before) + units;
            levels.put(sku + "@" + site, onHand);
            context.forward(record.withValue(entry(movement, kind, units)), "journal");
            String stated = json.writeValueAsString(
                json.createObjectNode().put("sku", sku).put("site", site).put("on_hand", onHand));
            context.forward(record.withValue(stated), "availability");
        }

        private String entry(JsonNode movement, Kind kind, long units)
            throws JsonProcessingException {
            return json.writeValueAsString(
                json.createObjectNode()
                    .put("movement_id", movement.get("movement_id").textValue())
                    .put("kind", movement.get("kind").textValue())
                    .put("sku", movement.get("sku").textValue())
                    .put("site", movement.get("site").textValue())
                    .put("units", units)
                    .put("debit", units > 0 ? "stock" : kind.account())
                    .put("credit", units > 0 ? kind.account() : "stock")
                    .put("occurred_at", movement.get("occurred_at").textValue()));
        }
    }
}
