package dev.belay.tools;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.conditions.ArchConditions.accessField;
import static com.tngtech.archunit.lang.conditions.ArchConditions.callMethodWhere;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.MessageLite;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import dev.belay.train.api.Internal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.tensorflow.Graph;
import org.tensorflow.Session;

/**
 * The rules of the house that can be read from compiled classes. Each rule is asked twice: of the
 * house, which keeps it, and of {@code dev.belay.tools.house}, which breaks every one of them, so
 * that no rule passes because it looks at nothing.
 */
final class HouseRulesTest {
  private static final String HOUSE = "dev.belay..";
  private static final String SAVEDMODEL = "dev.belay.savedmodel..";
  private static final String GRAPH = "dev.belay.graph..";
  private static final String TRAIN = "dev.belay.train..";
  private static final String TOOLS = "dev.belay.tools..";
  private static final String VIOLATORS = "dev.belay.tools.house";

  private static final Set<String> EMPTY_WORDS =
      Set.of("Util", "Utils", "Helper", "Helpers", "Manager", "Base", "Impl");

  private static JavaClasses house;
  private static JavaClasses violators;

  @BeforeAll
  static void readClasses() {
    house =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("dev.belay");
    violators = new ClassFileImporter().importPackages(VIOLATORS);
  }

  @Test
  void everyRoomIsSeen() {
    for (String room : List.of(SAVEDMODEL, GRAPH, TRAIN, TOOLS)) {
      assertTrue(
          house.stream().anyMatch(resideInAPackage(room)),
          () -> "no class of " + room + " was read: the rules would hold for nothing");
    }
    assertTrue(
        house.stream().noneMatch(resideInAPackage(VIOLATORS + "..")),
        "the violators were read as part of the house");
  }

  @TestFactory
  Stream<DynamicTest> theHouseKeepsItsRules() {
    return rules(HOUSE).entrySet().stream()
        .map(rule -> DynamicTest.dynamicTest(rule.getKey(), () -> rule.getValue().check(house)));
  }

  @TestFactory
  Stream<DynamicTest> everyRuleCatchesWhoeverBreaksIt() {
    return rules(VIOLATORS + "..").entrySet().stream()
        .map(
            rule ->
                DynamicTest.dynamicTest(
                    rule.getKey(),
                    () ->
                        assertTrue(
                            rule.getValue().evaluate(violators).hasViolation(),
                            () -> "nobody in " + VIOLATORS + " was caught")));
  }

  /**
   * The rules.
   *
   * @param inside the packages they are asked of: those of the house, where a room is a package
   *     below {@code dev.belay}, or those of the violators, where it is one below theirs
   */
  private static Map<String, ArchRule> rules(String inside) {
    String root = inside.substring(0, inside.length() - 2);
    Map<String, ArchRule> rules = new LinkedHashMap<>();
    rules.put(
        "savedmodel knows only formats", arrow(root, "savedmodel", "graph", "train", "tools"));
    rules.put(
        "graph knows only the computation", arrow(root, "graph", "savedmodel", "train", "tools"));
    rules.put("train knows no command", arrow(root, "train", "tools"));
    rules.put(
        "tools uses no internal package of train",
        noClasses()
            .that()
            .resideInAPackage(root + ".tools..")
            .should()
            .dependOnClassesThat(
                DescribedPredicate.describe(
                    "reside in a package marked @Internal",
                    used -> used.getPackage().isAnnotatedWith(Internal.class))));
    rules.put(
        "packages have no cycles", slices().matching(root + ".(**)").should().beFreeOfCycles());
    rules.put(
        "only graph.gradient.BackwardPasses calls addGradients",
        noClasses()
            .that(resideInAPackage(inside))
            .and(outside(root + ".graph.gradient.BackwardPasses"))
            .should(call(Graph.class, "addGradients")));
    rules.put(
        "only train.step runs a session",
        noClasses()
            .that(resideInAPackage(inside))
            .and()
            .resideOutsideOfPackage(root + ".train.step..")
            .should(call(Session.Runner.class, "run"))
            .orShould(call(Session.class, "run")));
    rules.put(
        "only savedmodel parses bytes of model formats",
        noClasses()
            .that(resideInAPackage(inside))
            .and()
            .resideOutsideOfPackage(root + ".savedmodel..")
            .should(call(MessageLite.class, "parseFrom")));
    rules.put(
        "savedmodel needs no native TensorFlow",
        noClasses()
            .that()
            .resideInAPackage(root + ".savedmodel..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "org.tensorflow", "org.tensorflow.op..", "org.tensorflow.internal.."));
    rules.put("TensorFlow's internals stay behind one package", onePackageForInternals(inside));
    rules.put("only tools and the sandbox's own process print", prints(root, inside));
    rules.put("only tools and the sandbox's own process exit", exits(root, inside));
    rules.put(
        "only the sandbox, the doctor and the workers of a run are started as processes",
        noClasses()
            .that(resideInAPackage(inside))
            .and()
            .resideOutsideOfPackages(
                root + ".train.sandbox..", root + ".train.doctor..", root + ".train.cluster..")
            .should(call(ProcessBuilder.class, "start"))
            .orShould(call(ProcessBuilder.class, "startPipeline"))
            .orShould(call(Runtime.class, "exec")));
    rules.put(
        "only tools knows picocli and the progress bar",
        noClasses()
            .that(resideInAPackage(inside))
            .and()
            .resideOutsideOfPackage(root + ".tools..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("picocli..", "me.tongfei..", "ch.qos.logback.."));
    rules.put(
        "names say what a class is",
        classes().that(resideInAPackage(inside)).should(haveNameWithoutEmptyWords()));
    return rules;
  }

  private static ArchRule arrow(String root, String from, String... never) {
    String[] packages =
        Stream.of(never).map(room -> root + "." + room + "..").toArray(String[]::new);
    return noClasses()
        .that()
        .resideInAPackage(root + "." + from + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(packages);
  }

  private static ArchRule prints(String root, String inside) {
    return noClasses()
        .that(resideInAPackage(inside))
        .and()
        .resideOutsideOfPackage(root + ".tools..")
        .and(outside(root + ".train.sandbox.SandboxProgram"))
        .should(accessField(System.class, "out"))
        .orShould(accessField(System.class, "err"))
        .orShould(call(Throwable.class, "printStackTrace"));
  }

  private static ArchRule exits(String root, String inside) {
    return noClasses()
        .that(resideInAPackage(inside))
        .and()
        .resideOutsideOfPackage(root + ".tools..")
        .and(outside(root + ".train.sandbox.SandboxProgram"))
        .should(call(System.class, "exit"))
        .orShould(call(Runtime.class, "exit"))
        .orShould(call(Runtime.class, "halt"));
  }

  private static ArchCondition<JavaClass> call(Class<?> type, String method) {
    return callMethodWhere(target(name(method)).and(target(owner(assignableTo(type)))));
  }

  private static DescribedPredicate<JavaClass> outside(String className) {
    return DescribedPredicate.describe(
        "are outside " + className,
        candidate ->
            !candidate.getName().equals(className)
                && !candidate.getName().startsWith(className + "$"));
  }

  private static ArchRule onePackageForInternals(String inside) {
    return classes()
        .that(resideInAPackage(inside))
        .should(
            new ArchCondition<JavaClass>("use org.tensorflow.internal in one package at most") {
              private String only;

              @Override
              public void check(JavaClass candidate, ConditionEvents events) {
                if (candidate.getDirectDependenciesFromSelf().stream()
                    .noneMatch(
                        d ->
                            resideInAPackage("org.tensorflow.internal..")
                                .test(d.getTargetClass()))) {
                  return;
                }
                only = only == null ? candidate.getPackageName() : only;
                events.add(
                    new SimpleConditionEvent(
                        candidate,
                        candidate.getPackageName().equals(only),
                        candidate.getName() + " uses TensorFlow's internals, and so does " + only));
              }
            });
  }

  private static ArchCondition<JavaClass> haveNameWithoutEmptyWords() {
    return new ArchCondition<JavaClass>("have names without the words " + EMPTY_WORDS) {
      @Override
      public void check(JavaClass candidate, ConditionEvents events) {
        List<String> words = List.of(candidate.getSimpleName().split("(?<=[a-z0-9])(?=[A-Z])"));
        events.add(
            new SimpleConditionEvent(
                candidate,
                words.stream().noneMatch(EMPTY_WORDS::contains),
                candidate.getName() + " has a name that says nothing"));
      }
    };
  }
}
