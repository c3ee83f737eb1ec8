import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.format.TextStyle;
import java.util.Locale;
import java.util.Set;

/**
 * weekdays: which day of the week it was, or will be. A small HTTP service on what Java itself brings.
 *
 * <pre>GET /2024-02-29?language=fr    jeudi</pre>
 */
public final class Weekdays {
  private static final Set<String> LANGUAGES = Set.of(Locale.getISOLanguages());

  public static void main(String[] arguments) throws IOException {
    int port = Integer.parseInt(System.getenv().getOrDefault("PORT", "8080"));
    HttpServer server = HttpServer.create(new InetSocketAddress("0.0.0.0", port), 0);
    server.createContext("/", Weekdays::serve);
    server.start();
    Object user = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    System.out.printf("listening on port %d as user %s%n", server.getAddress().getPort(), user);
  }

  private static void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      String query = exchange.getRequestURI().getQuery();
      String language = query != null && query.startsWith("language=") ? query.substring(9) : "en";
      String date = exchange.getRequestURI().getPath().substring(1);
      try {
        if (!LANGUAGES.contains(language)) throw new DateTimeException("no language of that name: " + language);
        answer(exchange, 200, weekday(LocalDate.parse(date), language));
      } catch (DateTimeException error) {
        answer(exchange, 400, error.getMessage());
      }
    }
  }

  private static String weekday(LocalDate date, String language) {
    return date.getDayOfWeek().getDisplayName(TextStyle.FULL_STANDALONE, Locale.forLanguageTag(language));
  }

  private static void answer(HttpExchange exchange, int status, String text) throws IOException {
    byte[] body = (text + "\n").getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
  }
}
