// Judges Java sources with the compiler of the JDK that runs it, again and again, without writing anything.
//
// Run as `java Judge.java ROOT` (ROOT may be empty). In: a line "NUMBER BYTES PATH", then that many bytes of UTF-8. Out: a frame
// with {"id": NUMBER, "items": [...]}, positions in lines and UTF-16 columns from 0. Runs no annotation processor.

import com.sun.source.util.JavacTask;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;

public final class Judge {
    private static final Pattern PACKAGE = Pattern.compile("(?m)^\\s*package\\s+([\\w.]+)\\s*;");
    private static final List<String> TOLD =
            List.of("-proc:none", "-implicit:none", "-Xlint:none", "-nowarn", "-Xmaxerrs", "500", "-encoding", "UTF-8");

    public static void main(String[] arguments) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        Path root = arguments.length > 0 && !arguments[0].isEmpty() ? Path.of(arguments[0]) : null;
        InputStream in = new BufferedInputStream(System.in);
        for (String line = readLine(in); line != null; line = readLine(in)) {
            String[] words = line.split(" ", 3);
            String text = new String(in.readNBytes(Integer.parseInt(words[1])), StandardCharsets.UTF_8);
            StringBuilder items = new StringBuilder();
            if (!text.isEmpty()) {
                judge(compiler, root, Path.of(words[2]), text, items);
            }
            byte[] body = ("{\"id\":" + words[0] + ",\"items\":[" + items + "]}").getBytes(StandardCharsets.UTF_8);
            OutputStream out = System.out;
            out.write(("Content-Length: " + body.length + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            out.write(body);
            out.flush();
        }
    }

    private static void judge(JavaCompiler compiler, Path root, Path path, String text, StringBuilder items)
            throws IOException {
        DiagnosticCollector<JavaFileObject> said = new DiagnosticCollector<>();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(said, Locale.ENGLISH, StandardCharsets.UTF_8)) {
            Set<Path> sources = new LinkedHashSet<>();
            Set<Path> classes = new LinkedHashSet<>();
            surroundings(root, path, text, sources, classes);
            files.setLocationFromPaths(StandardLocation.SOURCE_PATH, sources);
            files.setLocationFromPaths(StandardLocation.CLASS_PATH, classes);
            JavaFileObject source = new Shown(path, text);
            JavacTask task = (JavacTask) compiler.getTask(null, files, said, TOLD, null, List.of(source));
            boolean parsed = true;
            try {
                task.parse();
                parsed = said.getDiagnostics().stream().noneMatch(d -> d.getKind() == Diagnostic.Kind.ERROR);
                if (parsed) {
                    task.analyze();
                }
            } catch (RuntimeException | Error broken) {
                // A compiler that fails over odd code has said nothing about it.
                write(items, "broken", "the compiler failed: " + broken.getClass().getSimpleName(), 0, 0, text);
                return;
            }
            for (Diagnostic<? extends JavaFileObject> found : said.getDiagnostics()) {
                if (found.getKind() != Diagnostic.Kind.ERROR) {
                    continue;
                }
                if (found.getSource() != null && !(found.getSource() == source || found.getSource().toUri().equals(source.toUri()))) {
                    continue;
                }
                String code = parsed ? String.valueOf(found.getCode()).replaceFirst("^compiler\\.err\\.", "") : "syntax";
                int start = clamp(found.getStartPosition(), text);
                int end = Math.max(start, clamp(found.getEndPosition(), text));
                write(items, code, String.valueOf(found.getMessage(Locale.ENGLISH)), start, end, text);
            }
        }
    }

    /** Where other sources and classes are: by the package, and where build tools put them. */
    private static void surroundings(Path root, Path path, String text, Set<Path> sources, Set<Path> classes) throws IOException {
        if (root == null) {
            return;
        }
        Path own = path.getParent();
        Matcher named = PACKAGE.matcher(text);
        if (named.find()) {
            for (int parts = named.group(1).split("\\.").length; parts > 0 && own != null; parts--) {
                own = own.getParent();
            }
        }
        if (own == null || !own.startsWith(root)) {
            return;
        }
        sources.add(own);
        for (Path module = own; module != null && module.startsWith(root); module = module.getParent()) {
            for (String name : new String[] {"src/main/java", "src/test/java"}) {
                add(module.resolve(name), sources);
            }
            for (String name : new String[] {"target/generated-sources", "build/generated/sources"}) {
                add(module.resolve(name).resolve("annotations"), sources);
                add(module.resolve(name).resolve("annotationProcessor/java/main"), sources);
            }
            for (String name : new String[] {"target/classes", "build/classes/java/main"}) {
                add(module.resolve(name), classes);
            }
            for (String name : new String[] {"lib", "libs"}) {
                if (Files.isDirectory(module.resolve(name))) {
                    try (Stream<Path> found = Files.list(module.resolve(name))) {
                        found.filter(jar -> jar.toString().endsWith(".jar")).limit(500).forEach(classes::add);
                    }
                }
            }
        }
    }

    private static void add(Path folder, Set<Path> to) {
        if (Files.isDirectory(folder)) {
            to.add(folder);
        }
    }

    private static int clamp(long position, String text) {
        return position == Diagnostic.NOPOS ? 0 : (int) Math.max(0, Math.min(position, text.length()));
    }

    private static void write(StringBuilder items, String code, String message, int start, int end, String text) {
        if (items.length() > 0) {
            items.append(',');
        }
        items.append("{\"code\":").append(quoted(code)).append(",\"message\":").append(quoted(message));
        items.append(",\"severity\":1,\"range\":{\"start\":").append(position(start, text));
        items.append(",\"end\":").append(position(end, text)).append("}}");
    }

    private static String position(int offset, String text) {
        int line = 0;
        int begin = 0;
        for (int at = 0; at < offset; at++) {
            char c = text.charAt(at);
            boolean pair = c == '\r' && at + 1 < text.length() && text.charAt(at + 1) == '\n';
            if ((c == '\n' || c == '\r') && !pair) {
                line++;
                begin = at + 1;
            }
        }
        return "{\"line\":" + line + ",\"character\":" + (offset - begin) + "}";
    }

    private static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (int at = 0; at < Math.min(text.length(), 2000); at++) {
            char c = text.charAt(at);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < 0x20 || Character.isSurrogate(c)) {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }

    private static String readLine(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                return null;
            }
            line.write(next);
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    private static final class Shown extends SimpleJavaFileObject {
        private final String text;

        Shown(Path path, String text) {
            super(path.toUri(), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }
}
