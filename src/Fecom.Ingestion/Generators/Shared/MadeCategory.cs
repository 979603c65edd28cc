namespace Fecom.Ingestion.Generators.Shared;

/// <summary>A category of the made-up shop.</summary>
/// <param name="Id">Its id, 19 digits.</param>
/// <param name="Code">Dotted path; empty for a category that the shop never named.</param>
/// <param name="Weight">Its share of the interest.</param>
/// <param name="LogPrice">Mean of the logarithm of its prices.</param>
/// <param name="Spread">Standard deviation of that logarithm.</param>
/// <param name="Appeal">How readily its products are bought.</param>
/// <param name="Brands">Its brands, the most common first.</param>
internal sealed record MadeCategory(
    long Id,
    string Code,
    double Weight,
    double LogPrice,
    double Spread,
    double Appeal,
    IReadOnlyList<Brand> Brands
)
{
    private const int Unnamed = 26;

    /// <summary>A path, what a middling product costs, and its share of the interest.</summary>
    private static readonly (string Code, double Price, double Weight)[] Named =
    [
        ("electronics.smartphone", 290, 9.0),
        ("electronics.tablet", 220, 1.6),
        ("electronics.headphones", 55, 4.0),
        ("electronics.smartwatch", 120, 2.4),
        ("electronics.television", 380, 2.8),
        ("electronics.camera.mirrorless", 650, 0.8),
        ("electronics.speaker", 70, 1.4),
        ("computers.laptop", 620, 3.4),
        ("computers.monitor", 190, 1.2),
        ("computers.components.graphics_card", 330, 1.0),
        ("computers.components.memory", 60, 0.8),
        ("computers.peripherals.mouse", 24, 1.3),
        ("computers.peripherals.keyboard", 42, 0.9),
        ("computers.printer", 130, 0.7),
        ("appliances.kitchen.refrigerator", 460, 1.6),
        ("appliances.kitchen.kettle", 28, 1.2),
        ("appliances.kitchen.blender", 45, 0.9),
        ("appliances.kitchen.oven", 310, 0.7),
        ("appliances.laundry.washing_machine", 340, 1.8),
        ("appliances.home.vacuum_cleaner", 110, 1.7),
        ("appliances.home.iron", 35, 0.8),
        ("appliances.climate.heater", 65, 0.6),
        ("furniture.bedroom.bed", 240, 1.1),
        ("furniture.bedroom.wardrobe", 260, 0.7),
        ("furniture.living_room.sofa", 420, 1.0),
        ("furniture.living_room.shelf", 75, 0.7),
        ("furniture.kitchen.chair", 48, 0.9),
        ("furniture.office.desk", 130, 0.6),
        ("apparel.shoes.sneakers", 62, 2.6),
        ("apparel.shoes.boots", 84, 1.2),
        ("apparel.jacket", 92, 1.1),
        ("apparel.shirt", 26, 1.4),
        ("apparel.jeans", 44, 1.0),
        ("accessories.bag", 38, 1.2),
        ("accessories.watch", 95, 0.9),
        ("accessories.umbrella", 17, 0.4),
        ("kids.toys", 22, 1.5),
        ("kids.stroller", 180, 0.7),
        ("kids.clothing", 19, 0.8),
        ("sport.bicycle", 310, 0.9),
        ("sport.fitness", 48, 0.8),
        ("sport.camping.tent", 98, 0.5),
        ("tools.drill", 74, 1.0),
        ("tools.saw", 88, 0.5),
        ("tools.lamp", 21, 0.8),
        ("garden.mower", 210, 0.5),
        ("garden.grill", 120, 0.5),
        ("auto.tyre", 66, 1.1),
        ("auto.video_recorder", 58, 0.6),
        ("beauty.perfume", 41, 1.0),
        ("beauty.hair_dryer", 33, 0.7),
        ("stationery.notebook", 6, 0.5),
    ];

    /// <summary>The shop's categories: the named ones, and as many interests again without a name as make a third of the rows.</summary>
    public static IReadOnlyList<MadeCategory> All(long seed)
    {
        double unnamedWeight = Named.Sum(named => named.Weight) / 2 / Unnamed;
        IEnumerable<(string Code, double Price, double Weight)> plans = Named.Concat(
            Enumerable.Repeat((string.Empty, 0.0, unnamedWeight), Unnamed)
        );
        return [.. plans.Select((plan, number) => Make(seed, number, plan))];
    }

    private static MadeCategory Make(long seed, int number, (string Code, double Price, double Weight) plan)
    {
        Dice dice = Dice.Of(seed, DiceOf.MadeCategory, number);
        double logPrice = plan.Price > 0 ? Math.Log(plan.Price) : 3.4 + dice.Normal();
        double spread = 0.35 + (0.3 * dice.Unit());
        double appeal = 0.7 * dice.Normal();
        long id = 2_053_013_552_000_000_000 + (long)(dice.Bits() % 900_000_000) * 1_000 + number;
        return new MadeCategory(id, plan.Code, plan.Weight, logPrice, spread, appeal, Brand.Some(ref dice));
    }
}
