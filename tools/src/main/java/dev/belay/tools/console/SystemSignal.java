package dev.belay.tools.console;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Optional;

/**
 * A signal of the operating system, by {@code sun.misc.Signal}: Java has no other way to hear a
 * second one. It is called by name, since the compiler warns of every use of that class.
 */
final class SystemSignal {
  private static final String SIGNAL = "sun.misc.Signal";
  private static final String HANDLER = "sun.misc.SignalHandler";

  private final String name;
  private final Object signal;

  private SystemSignal(String name, Object signal) {
    this.name = name;
    this.signal = signal;
  }

  /** Handler of a signal; opaque. */
  record Hearer(Object handler) {}

  /** A signal by its name without SIG; empty if the system or the JVM has none. */
  static Optional<SystemSignal> named(String name) {
    try {
      return Optional.of(
          new SystemSignal(
              name, Class.forName(SIGNAL).getConstructor(String.class).newInstance(name)));
    } catch (ReflectiveOperationException e) {
      return Optional.empty();
    }
  }

  /** SIGTERM and the like. */
  String name() {
    return "SIG" + name;
  }

  /**
   * Installs a handler, which runs on a separate thread.
   *
   * @return the handler before; empty if the JVM reserves the signal
   */
  Optional<Hearer> handle(Runnable heard) {
    try {
      Class<?> type = Class.forName(HANDLER);
      Object handler =
          Proxy.newProxyInstance(
              type.getClassLoader(),
              new Class<?>[] {type},
              (proxy, method, arguments) -> {
                if (method.getName().equals("handle")) {
                  heard.run();
                  return null;
                }
                return method.getName().equals("equals")
                    ? (Object) (proxy == arguments[0])
                    : method.getName().equals("hashCode")
                        ? (Object) System.identityHashCode(proxy)
                        : "SystemSignal";
              });
      return Optional.of(handle(new Hearer(handler)));
    } catch (ReflectiveOperationException e) {
      return Optional.empty();
    }
  }

  /** Gives it back. */
  void giveBack(Hearer before) {
    try {
      handle(before);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private Hearer handle(Hearer hearer) throws ReflectiveOperationException {
    Class<?> handler = Class.forName(HANDLER);
    return new Hearer(
        Class.forName(SIGNAL)
            .getMethod("handle", Class.forName(SIGNAL), handler)
            .invoke(null, signal, hearer.handler()));
  }

  /** Whether a hearer is the system's own deafness, as nohup wants it. */
  static boolean isIgnored(Hearer hearer) {
    return hearer.handler() == constant("SIG_IGN");
  }

  /** Ends the process as the signal does without a handler. */
  void die() {
    try {
      handle(new Hearer(constant("SIG_DFL")));
      Class.forName(SIGNAL).getMethod("raise", Class.forName(SIGNAL)).invoke(null, signal);
    } catch (InvocationTargetException e) {
      throw new IllegalStateException(e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Object constant(String name) {
    try {
      return Class.forName(HANDLER).getField(name).get(null);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }
}
