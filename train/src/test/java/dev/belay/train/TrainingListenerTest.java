package dev.belay.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.belay.train.event.RunEvent;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class TrainingListenerTest {
  private static final Map<Class<?>, Object> ZEROS =
      Map.of(
          int.class, 0, long.class, 0L, float.class, 0f, double.class, 0.0, boolean.class, false);

  /** An event of any kind, with nothing in it. */
  private static Object empty(Class<?> kind) throws ReflectiveOperationException {
    Class<?>[] types =
        Arrays.stream(kind.getRecordComponents())
            .map(RecordComponent::getType)
            .toArray(Class<?>[]::new);
    Constructor<?> constructor = kind.getDeclaredConstructor(types);
    return constructor.newInstance(Arrays.stream(types).map(ZEROS::get).toArray());
  }

  @Test
  void everyKindOfEventHasAMethodThatGetsIt() throws ReflectiveOperationException {
    List<String> called = new ArrayList<>();
    InvocationHandler notes =
        (proxy, method, arguments) -> {
          if (method.getName().equals("accept")) {
            return InvocationHandler.invokeDefault(proxy, method, arguments);
          }
          called.add(method.getName() + " " + arguments[0].getClass().getSimpleName());
          return null;
        };
    TrainingListener listener =
        (TrainingListener)
            Proxy.newProxyInstance(
                TrainingListener.class.getClassLoader(),
                new Class<?>[] {TrainingListener.class},
                notes);
    List<String> expected = new ArrayList<>();
    for (Class<?> kind : RunEvent.class.getPermittedSubclasses()) {
      listener.accept((RunEvent) empty(kind));
      Arrays.stream(TrainingListener.class.getDeclaredMethods())
          .filter(method -> Arrays.equals(method.getParameterTypes(), new Class<?>[] {kind}))
          .forEach(method -> expected.add(method.getName() + " " + kind.getSimpleName()));
    }
    assertEquals(RunEvent.class.getPermittedSubclasses().length, expected.size());
    assertEquals(expected, called);
  }

  @Test
  void whatNobodyOverridesDoesNothing() throws ReflectiveOperationException {
    TrainingListener deaf = new TrainingListener() {};
    for (Class<?> kind : RunEvent.class.getPermittedSubclasses()) {
      deaf.accept((RunEvent) empty(kind));
    }
  }
}
